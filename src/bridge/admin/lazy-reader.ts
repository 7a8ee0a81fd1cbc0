import type { KafkaClient } from "../../kafka/connection/client.ts";
import { type LogReader, openLogReader } from "../../kafka/consume/log-reader.ts";

/** A reader that connects when it is first needed, and tries anew after it could not. */
export function lazyReader(client: KafkaClient, timeoutMs: number): LogReader {
  let opening: Promise<LogReader> | null = null;
  const opened = (): Promise<LogReader> => {
    opening ??= openLogReader(client, timeoutMs).catch((error: unknown) => {
      opening = null;
      throw error;
    });
    return opening;
  };
  return {
    async *read(range) {
      yield* (await opened()).read(range);
    },
    first: async (at, offset) => (await opened()).first(at, offset),
    next: async (at, offset) => (await opened()).next(at, offset),
    end: async (at) => (await opened()).end(at),
    ends: async (topic, partitions) => (await opened()).ends(topic, partitions),
    close: async () => {
      const reader = await opening?.catch(() => undefined);
      await reader?.close();
    },
  };
}
