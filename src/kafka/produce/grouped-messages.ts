import type { Message } from "kafkajs";
import { assertSource, kafkajsModule, type Source } from "../patches/patch.ts";

/** Asks for `reduce`, and for nothing else. */
export const groupingSource: Source = {
  name: "the grouping of messages",
  hash: "e77a5484f36362b6bad6dd28c0b65cd513c5373f4d6b6ce8f1c1907ad82a0ac6",
};

type Groups = Record<string, Message[]>;
type Add = (groups: Groups, message: Message) => Groups;

/**
 * A topic's messages for kafkajs, which groups them by partition and copies a partition's list for each message it adds: of a
 * batch of a hundred that was a sixth of all that the after stage allocates. Here each message is added once.
 * Throws BridgeError INTERNAL when kafkajs is not the version, or the function not the source, that was read.
 */
export function groupedOnce(messages: Message[]): Message[] {
  if (!isAsserted) assertSource(upstreamGrouping(), groupingSource);
  isAsserted = true;
  return Object.assign(messages, { reduce: group });
}

let isAsserted = false;

/** `add` tells a message's partition by what it makes of no groups at all. */
function group(this: readonly Message[], add: Add, groups: Groups): Groups {
  for (const message of this) {
    for (const partition of Object.keys(add({}, message))) (groups[partition] ??= []).push(message);
  }
  return groups;
}

/** What groups messages in kafkajs, for the patch and its tests. */
export function upstreamGrouping(): unknown {
  return kafkajsModule("producer/groupMessagesPerPartition");
}
