import type { FloorClient } from "./client.ts";
import { type FloorWork, nothing } from "./delivery-work.ts";
import { poster } from "./post.ts";

/**
 * What a bridge of a client library and undici could do at most if it promised nothing: every record of a batch is POSTed
 * at once, up to `places` over all partitions. No order per key, no retry; what is done besides is `work`. Goes on for ever.
 */
export async function deliverAll(
  client: FloorClient,
  topic: string,
  url: string,
  places: number,
  work: FloorWork = nothing,
): Promise<void> {
  const post = poster(url, places);
  const waiting: (() => void)[] = [];
  let inFlight = 0;

  await client.consume(topic, async (records) => {
    let open = 1;
    const answered = Promise.withResolvers<undefined>();
    const close = (): void => {
      if (--open === 0) answered.resolve(undefined);
    };
    for (const record of records) {
      while (inFlight >= places) await new Promise<void>((resolve) => waiting.push(resolve));
      inFlight++;
      open++;
      const called = work.callOf(record);
      const call = called instanceof Promise ? await called : called;
      post(call, () => {
        work.delivered(call);
        inFlight--;
        waiting.shift()?.();
        close();
      });
    }
    close();
    await answered.promise;
  });
}
