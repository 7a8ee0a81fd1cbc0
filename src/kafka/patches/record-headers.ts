import { kafkajsModule, replace, type Source } from "./patch.ts";

/** What decodes a record: it calls readVarIntArray(...).reduce(...) for the headers, and nothing else does. */
export const recordDecoderSource: Source = {
  name: "the decoder of records",
  hash: "fbe3525528b41bced97fb4ab8a5669fcdc18b56179a1e565690feae7b5f80ac7",
};

interface Decoder {
  readVarInt(): number;
}

type ReadVarIntArray = (this: Decoder, reader: (decoder: Decoder) => RawHeader) => FoldedHeaders;

/** A header as kafkajs decodes it; null on the wire stays null. */
interface RawHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** What a record's decoder asks of the list of headers. */
interface FoldedHeaders {
  reduce(): Readonly<Record<string, RawHeader["value"] | RawHeader["value"][]>>;
}

/**
 * A record's headers are read once each, and a name is only a name, where kafkajs reads records itself: beside batches of a
 * format older than 2017, and of brokers before Kafka 2.3. The others are read by kafka/protocol. Idempotent. Throws BridgeError INTERNAL when kafkajs is not the version, or the function not the source, that was read.
 */
export function mendRecordHeaders(): void {
  replace(decoderClass().prototype, "readVarIntArray", recordDecoderSource, () => readHeaders, recordDecoder());
}

/** kafkajs's Decoder, for the patch and its tests. */
export function decoderClass(): { readonly prototype: { readVarIntArray: ReadVarIntArray } } {
  return kafkajsModule("protocol/decoder") as ReturnType<typeof decoderClass>;
}

export function recordDecoder(): unknown {
  return kafkajsModule("protocol/recordBatch/record/v0/decoder");
}

/**
 * Where upstream copies all headers for each further one (8,000 of them, 63 KB, hold the event loop for 16 s, and the record
 * comes again after the rejoin), this looks at each once. And where upstream takes a header named like a property of every
 * object ("constructor") for one that stood twice, with a function for its first value, here a name is only a name.
 */
const readHeaders: ReadVarIntArray = function (reader) {
  const headers = new Map<string, RawHeader["value"] | RawHeader["value"][]>();
  for (let left = this.readVarInt(); left > 0; left--) {
    const { key, value } = reader(this);
    const before = headers.get(key);
    if (before === undefined) headers.set(key, value);
    else if (Array.isArray(before)) before.push(value);
    else headers.set(key, [before, value]);
  }
  return { reduce: () => Object.fromEntries(headers) };
};
