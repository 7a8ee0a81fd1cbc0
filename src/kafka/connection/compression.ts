import { promisify } from "node:util";
import { gunzip, gzip as gzipCompress, zstdCompress, zstdDecompress } from "node:zlib";
import kafkajs from "kafkajs";
import { compressFrame } from "lz4-napi";
import { BridgeError, messageOf } from "../../errors.ts";
import { maxInflatedBytes } from "./inflation-bound.ts";
import { lz4Read } from "./lz4.ts";
import { snappyRead, snappyWrite } from "./snappy.ts";
import { unreadableBatch } from "./unreadable-batch.ts";

/** What kafkajs hands a codec to compress: its own encoder. */
interface Encoded {
  readonly buffer: Buffer;
}

/** The shape kafkajs expects of `CompressionCodecs[type]()`; its types say nothing about it. */
export interface CompressionCodec {
  compress(encoded: Encoded): Promise<Buffer>;
  decompress(compressed: Buffer): Promise<Buffer>;
}

const zstdWrite = promisify<Buffer, Buffer>(zstdCompress);
const zstdRead = promisify<Buffer, { maxOutputLength: number }, Buffer>(zstdDecompress);

const gzipWrite = promisify<Buffer, Buffer>(gzipCompress);
const gzipRead = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

const gzip = codec("gzip", gzipWrite, (compressed) => gzipRead(compressed, { maxOutputLength: maxInflatedBytes }));
const snappy = codec("snappy", snappyWrite, snappyRead);
const lz4 = codec("lz4", compressFrame, lz4Read);
const zstd = codec("zstd", zstdWrite, (compressed) => zstdRead(compressed, { maxOutputLength: maxInflatedBytes }));

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
  CompressionCodecs[CompressionTypes.GZIP] = () => gzip;
  CompressionCodecs[CompressionTypes.Snappy] = () => snappy;
  CompressionCodecs[CompressionTypes.LZ4] = () => lz4;
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstd;
}

/** What cannot be read gives way to records that say so: kafkajs takes an error for the end of the consumer. */
function codec(
  name: string,
  write: (plain: Buffer) => Promise<Buffer>,
  read: (compressed: Buffer) => Promise<Buffer>,
): CompressionCodec {
  const sentence = (verb: string, error: unknown) => `a batch cannot be ${verb} as ${name}: ${messageOf(error)}`;
  return {
    compress: async ({ buffer }) =>
      write(buffer).catch((error: unknown) => {
        throw new BridgeError("RECORD_UNDECODABLE", sentence("compressed", error), { cause: error });
      }),
    decompress: async (compressed) => {
      try {
        return await read(compressed);
      } catch (error) {
        return unreadableBatch(sentence("read", error));
      }
    },
  };
}
