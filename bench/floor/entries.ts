import type { FloorClient, FloorMessage } from "./client.ts";

/** Entries that wait this long for others. Milliseconds. */
const lingerMs = 50;
/** What a broker takes at once is bounded. */
const most = 500;

/** Writes what it is given to a topic, many at once, with a producer of its own. */
export async function entryLog(client: FloorClient, topic: string): Promise<(value: Buffer) => void> {
  const send = await client.producer();
  let waiting: FloorMessage[] = [];
  const write = async (): Promise<void> => {
    const messages = waiting;
    waiting = [];
    for (let from = 0; from < messages.length; from += most) await send(topic, messages.slice(from, from + most));
    setTimeout(() => void write(), lingerMs);
  };
  void write();
  return (value) => void waiting.push({ key: "7", value, headers: {} });
}
