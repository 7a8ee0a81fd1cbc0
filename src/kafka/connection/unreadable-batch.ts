import { unreadableHeader } from "../protocol/unreadable-header.ts";

/**
 * Stands in for a batch whose compression cannot be undone: bytes that are none, or that would unfold to more than a batch
 * may. A codec that throws ends kafkajs's fetch, and the same batch comes again after every rejoin: one such batch would
 * stop every partition of its group until retention takes it.
 */

/**
 * As many records as kafkajs asks for (only the batch's header, which a codec is not shown, says how many): each with the
 * next offset, no key, the number of its batch for a value, which tells batches apart, and the header that says why. Relies on Decoder.readVarIntBytes of kafkajs 2.2.4, which
 * takes a record out of the batch by `slice`.
 */
export function unreadableBatch(why: string): Buffer {
  const batch = String(++batches);
  let next = 0;
  return Object.assign(Buffer.alloc(0), { slice: () => standIn(next++, batch, why) });
}

let batches = 0;

/** Kafka's record format v2 (kafka.apache.org/documentation/#record). */
function standIn(offsetDelta: number, batch: string, why: string): Buffer {
  const [attributes, timestampDelta, noKey, oneHeader] = [0, 0, -1, 1];
  return Buffer.concat([
    Buffer.of(attributes),
    ...[timestampDelta, offsetDelta, noKey].map(varint),
    ...sized(batch),
    varint(oneHeader),
    ...sized(unreadableHeader),
    ...sized(why),
  ]);
}

function sized(text: string): readonly Buffer[] {
  return [varint(Buffer.byteLength(text)), Buffer.from(text)];
}

/** Zigzag, then seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.of(...bytes, rest);
}
