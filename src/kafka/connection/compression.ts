import { promisify } from "node:util";
import { gunzip, gzip as gzipCompress, zstdCompress } from "node:zlib";
import kafkajs from "kafkajs";
import { compressFrame } from "lz4-napi";
import { BridgeError, messageOf } from "../../errors.ts";
import type { Inflate } from "../protocol/batch-reader.ts";
import { maxInflatedBytes } from "./inflation-bound.ts";
import { lz4Read } from "./lz4.ts";
import { snappyRead, snappyWrite } from "./snappy.ts";
import { unreadableBatch } from "./unreadable-batch.ts";
import { zstdRead } from "./zstd.ts";

/** What kafkajs hands a codec to compress: its own encoder. */
interface Encoded {
  readonly buffer: Buffer;
}

/** The shape kafkajs expects of `CompressionCodecs[type]()`; its types say nothing about it. */
export interface CompressionCodec {
  compress(encoded: Encoded): Promise<Buffer>;
  decompress(compressed: Buffer): Promise<Buffer>;
}

/** A compression by its name, and how it is done and undone. Reading rejects where it would unfold to more than `maxInflatedBytes`. */
interface Format {
  readonly name: string;
  readonly write: (plain: Buffer) => Promise<Buffer>;
  readonly read: (compressed: Buffer) => Promise<Buffer>;
}

const gunzipped = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);
const gzip: Format = {
  name: "gzip",
  write: promisify<Buffer, Buffer>(gzipCompress),
  read: (compressed) => gunzipped(compressed, { maxOutputLength: maxInflatedBytes }),
};
const snappy: Format = { name: "snappy", write: snappyWrite, read: snappyRead };
const lz4: Format = { name: "lz4", write: compressFrame, read: lz4Read };
const zstd: Format = { name: "zstd", write: promisify<Buffer, Buffer>(zstdCompress), read: zstdRead };

/** By their numbers in a batch's attributes (kafka.apache.org/documentation/#recordbatch). */
const formats: readonly (Format | undefined)[] = [undefined, gzip, snappy, lz4, zstd];

/** Rejects with Error, and says of which compression the bytes are not. */
export const inflate: Inflate = async (compression, bytes) => {
  const format = formats[compression];
  if (format === undefined) throw new Error(`a batch has the unknown compression ${compression}`);
  return readAs(format, bytes);
};

async function readAs(format: Format, bytes: Buffer): Promise<Buffer> {
  try {
    return await format.read(bytes);
  } catch (error) {
    throw new Error(sentence("read", format, error), { cause: error });
  }
}

function sentence(verb: string, { name }: Format, error: unknown): string {
  return `a batch cannot be ${verb} as ${name}: ${messageOf(error)}`;
}

/**
 * Teaches kafkajs the three compressions it knows only by name: without them the first batch that a core compressed so
 * kills the consumer. In the formats of the Java client: snappy in xerial blocks (raw is read too), lz4 frames, zstd frames.
 * Its own gzip has no bound: a megabyte on the wire would become one gigabyte in each consumer. All are held to
 * `maxInflatedBytes`.
 * Idempotent.
 */
export function installCodecs(): void {
  // By the default import: Node finds no name in kafkajs's CommonJS that is exported under another.
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  CompressionCodecs[CompressionTypes.GZIP] = codecs.gzip;
  CompressionCodecs[CompressionTypes.Snappy] = codecs.snappy;
  CompressionCodecs[CompressionTypes.LZ4] = codecs.lz4;
  CompressionCodecs[CompressionTypes.ZSTD] = codecs.zstd;
}

/** What cannot be read gives way to records that say so: kafkajs takes an error for the end of the consumer. */
function codec(format: Format): () => CompressionCodec {
  const made: CompressionCodec = {
    compress: async ({ buffer }) =>
      format.write(buffer).catch((error: unknown) => {
        throw new BridgeError("RECORD_UNDECODABLE", sentence("compressed", format, error), { cause: error });
      }),
    decompress: (compressed) => readAs(format, compressed).catch((error: unknown) => unreadableBatch(messageOf(error))),
  };
  return () => made;
}

const codecs = { gzip: codec(gzip), snappy: codec(snappy), lz4: codec(lz4), zstd: codec(zstd) } as const;
