import { compress, uncompress } from "snappy";
import { holdInflated } from "./inflation-bound.ts";

/**
 * Snappy as Kafka's Java client writes it: xerial's blocks (github.com/xerial/snappy-java, SnappyOutputStream). A header
 * of 8 bytes magic, version and compatible version (4 bytes big-endian each), then blocks of 4 bytes length and one raw
 * snappy document. librdkafka and others write one raw document without any of it: both are read.
 */
const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const header = Buffer.concat([magic, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
/** The block size of the Java client. */
const blockBytes = 32 * 1024;

/** Rejects when a block cannot be compressed. */
export async function snappyWrite(plain: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [header];
  for (let at = 0; at < plain.length; at += blockBytes) {
    const block = await compress(plain.subarray(at, at + blockBytes));
    parts.push(lengthBytes(block.length), block);
  }
  return Buffer.concat(parts);
}

/** Rejects when the bytes are not snappy, break off, or would unfold to more than `maxInflatedBytes`. */
export async function snappyRead(compressed: Buffer): Promise<Buffer> {
  if (!compressed.subarray(0, magic.length).equals(magic)) return readBlock(compressed, 0);
  const parts: Buffer[] = [];
  let inflated = 0;
  let at = header.length;
  while (at < compressed.length) {
    // Several streams may follow one another: each begins with the header again.
    if (compressed.subarray(at, at + magic.length).equals(magic)) {
      at += header.length;
      continue;
    }
    const start = at + 4;
    const end = start + compressed.readUInt32BE(at);
    if (end > compressed.length) throw new Error("a block reaches past the end of the batch");
    const part = await readBlock(compressed.subarray(start, end), inflated);
    inflated += part.length;
    parts.push(part);
    at = end;
  }
  return Buffer.concat(parts);
}

async function readBlock(block: Buffer, before: number): Promise<Buffer> {
  holdInflated(before + inflatedLength(block));
  return (await uncompress(block, { asBuffer: true })) as Buffer;
}

/** The length a raw snappy document begins with: little-endian base 128, at most 5 bytes. */
function inflatedLength(block: Buffer): number {
  let length = 0;
  for (let at = 0; at < Math.min(5, block.length); at += 1) {
    const byte = block.readUInt8(at);
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return length;
  }
  throw new Error("the bytes are not snappy");
}

function lengthBytes(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}
