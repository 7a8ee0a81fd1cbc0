import { recordBytes } from "../protocol/batch-writer.ts";
import { unreadableHeader } from "../protocol/unreadable-header.ts";

/**
 * Stands in for a batch whose compression cannot be undone: bytes that are none, or that would unfold to more than a batch
 * may. A codec that throws ends kafkajs's fetch, and the same batch comes again after every rejoin: one such batch would
 * stop every partition of its group until retention takes it.
 *
 * It is as many records as kafkajs asks for (only the batch's header, which a codec is not shown, says how many): each with the
 * next offset, no key, the number of its batch for a value, which tells batches apart, and the header that says why. Relies on
 * Decoder.readVarIntBytes of kafkajs 2.2.4, which takes a record out of the batch by `slice`.
 */
export function unreadableBatch(why: string): Buffer {
  const batch = String(++batches);
  let next = 0;
  const standIn = { key: null, value: batch, headers: { [unreadableHeader]: why } };
  return Object.assign(Buffer.alloc(0), { slice: () => recordBytes(standIn, 0, next++) });
}

let batches = 0;
