import { Pool } from "undici";
import type { FloorClient } from "./floor-client.ts";

/**
 * What a bridge of a client library and undici could do at most if it promised nothing: every record of a batch is POSTed
 * at once, up to `places` over all partitions. No order per key, no retry, no log, no decoding. Goes on for ever.
 */
export async function deliverAll(client: FloorClient, topic: string, url: string, places: number): Promise<void> {
  const target = new URL(url);
  const pool = new Pool(target.origin, { connections: places, pipelining: 1 });
  const headers = ["content-type", "application/json"];
  const waiting: (() => void)[] = [];
  let inFlight = 0;

  const post = (body: Buffer, done: () => void): void => {
    pool.dispatch(
      { method: "POST", path: target.pathname, headers, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData: () => undefined,
        onResponseEnd: done,
        onResponseError: done,
      },
    );
  };

  await client.consume(topic, async (records) => {
    let open = 1;
    const answered = Promise.withResolvers<undefined>();
    const close = (): void => {
      if (--open === 0) answered.resolve(undefined);
    };
    for (const { value } of records) {
      while (inFlight >= places) await new Promise<void>((resolve) => waiting.push(resolve));
      inFlight++;
      open++;
      post(value ?? Buffer.alloc(0), () => {
        inFlight--;
        waiting.shift()?.();
        close();
      });
    }
    close();
    await answered.promise;
  });
}
