import type { AskLoad } from "../support/ask-run.ts";
import { measuring } from "../support/meter.ts";
import type { AskResult } from "../support/programs.ts";
import type { FloorClient, FloorMessage } from "./client.ts";
import { type AskWork, echo } from "./request-work.ts";

/**
 * Request and reply with nothing between but `work`: a requester and an echo in one process, each with a producer that sends what
 * queued up while the last request was in flight. A closed loop over two topics that are there and empty.
 */
export async function askEcho(
  client: FloorClient,
  topics: { readonly asked: string; readonly replied: string },
  { atOnce, requests, warmup }: AskLoad,
  work: AskWork = echo,
): Promise<AskResult> {
  const waiting = new Map<string, () => void>();
  const reply = await batching(client, topics.replied);
  await client.consume(topics.asked, (records) => {
    for (const record of records) {
      const correlation = client.header(record, "correlation") ?? "";
      void whenKnown(work.answer(record), (value) => reply({ value, headers: { correlation } }));
    }
  });
  await client.consume(topics.replied, (records) => {
    for (const record of records) {
      const correlation = String(client.header(record, "correlation"));
      void whenKnown(work.read(record), () => {
        waiting.get(correlation)?.();
        waiting.delete(correlation);
      });
    }
  });
  const ask = await batching(client, topics.asked);
  const { meter, over } = measuring([process.pid], warmup, requests);
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < warmup + requests) {
      const correlation = `r${next++}`;
      const startMs = performance.now();
      await new Promise<void>((resolve) => {
        waiting.set(correlation, resolve);
        void whenKnown(work.question(correlation), ({ headers, value }) =>
          ask({ key: correlation, value, headers: { ...headers, correlation } }),
        );
      });
      meter.add(performance.now() - startMs);
    }
  };
  for (let at = 0; at < atOnce; at++) void caller();
  const cpuSeconds = await over;
  return { perSecond: meter.perSecond, ...meter.quantiles(), cpuSeconds, decided: {} };
}

/** Without a promise where there is none. */
function whenKnown<T>(value: T | Promise<T>, then: (value: T) => void): Promise<void> | undefined {
  if (value instanceof Promise) return value.then(then);
  then(value);
  return undefined;
}

async function batching(client: FloorClient, topic: string): Promise<(message: FloorMessage) => void> {
  const send = await client.producer();
  let queue: FloorMessage[] = [];
  let busy = false;
  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const messages = queue;
      queue = [];
      await send(topic, messages);
    }
    busy = false;
  };
  return (message) => {
    queue.push(message);
    if (busy) return;
    busy = true;
    setImmediate(() => void drain());
  };
}
