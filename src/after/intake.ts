import { messageOf } from "../errors.ts";
import type { AfterHandler } from "../model/handler.ts";
import type { Admission, RecordReader } from "../model/reading.ts";
import type { InboundRecord } from "../model/record.ts";
import type { Engine } from "./engine.ts";
import { type Fact, factOf } from "./fact.ts";
import type { Partition } from "./partition.ts";
import type { FactEnd } from "./ports.ts";

/** What becomes of a record on arrival. */
export type Intake =
  | { readonly kind: "fact"; readonly fact: Fact }
  /** Nothing has to be delivered: it is settled as it arrives, without being decoded. */
  | { readonly kind: "ended"; readonly end: FactEnd }
  /** It came before: in flight or settled, its re-delivery after a join is a no-op. */
  | { readonly kind: "repeated" };

const repeated: Intake = { kind: "repeated" };
const settledBefore: Intake = { kind: "ended", end: "settled-before" };
const tombstone: Intake = { kind: "ended", end: "tombstone" };
const unmatched: Intake = { kind: "ended", end: "unmatched" };

/** Sorts a record by its offset and headers alone. Never throws. */
export function sort(partition: Partition, record: InboundRecord, engine: Engine): Intake {
  const { watermark } = partition;
  if (watermark.knows(record.offset)) return repeated;
  if (watermark.settledBefore(record.offset)) return settledBefore;
  const admission = admit(engine.reader, record);
  if (admission.kind === "tombstone") return tombstone;
  const handlers = admission.kind === "admitted" ? engine.routes.of(admission.eventId) : null;
  if (handlers?.length === 0) return unmatched;
  return { kind: "fact", fact: factOf(record, admission, needsNoOrder(handlers)) };
}

/** One handler that takes its facts in order keeps those of the others, which it shares, in order. Null: nobody can be told. */
function needsNoOrder(handlers: readonly AfterHandler[] | null): boolean {
  return handlers?.every(({ ordered }) => ordered === false) ?? false;
}

/** What a record's headers tell. Never throws. */
export function admit(reader: RecordReader, record: InboundRecord): Admission {
  try {
    return reader.admit(record);
  } catch (thrown) {
    // A defect, not a property of the record; but nothing may leave the consumer, and a dead letter can be replayed.
    return { kind: "poison", reason: "undecodable", detail: messageOf(thrown) };
  }
}
