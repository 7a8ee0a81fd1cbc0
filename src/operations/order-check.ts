import { BridgeError } from "../errors.ts";
import type { LogRange } from "../kafka/consume/log-reader.ts";
import { logBounds } from "../kafka/topics/log-bounds.ts";
import { partitionId } from "../model/record.ts";
import type { OperationParts } from "./letters.ts";
import { findNewerEvents, type OrderWarning } from "./newer-events.ts";
import type { Replayable } from "./replay-plan.ts";

/** Past it no more is looked for: a second or two of reading, and then the answer is "not known". */
const mostRecords = 200_000;

/** Which of these letters would arrive after newer events of their key. Throws as `LogReader.read`. */
export async function checkOrder(
  parts: OperationParts,
  letters: readonly Replayable[],
): Promise<readonly OrderWarning[]> {
  const topics = new Set(letters.map(({ record }) => record.topic));
  const ends = new Map<string, number>();
  for (const topic of topics) {
    for (const { partition, until } of await bounds(parts, topic)) ends.set(partitionId({ topic, partition }), until);
  }
  const endOf = (topic: string, partition: number): number => ends.get(partitionId({ topic, partition })) ?? 0;
  return findNewerEvents(parts.reader, letters, { endOf, mostRecords });
}

/** None for a topic that is no more: it holds nothing newer. */
async function bounds({ client, timeoutMs }: OperationParts, topic: string): Promise<readonly LogRange[]> {
  try {
    return await logBounds(client, topic, null, timeoutMs);
  } catch (error) {
    if (error instanceof BridgeError && error.code === "NOT_SET_UP") return [];
    throw error;
  }
}
