import { decompressFrame } from "lz4-napi";
import { holdInflated } from "./inflation-bound.ts";

/**
 * LZ4 frames (github.com/lz4/lz4, lz4_Frame_format.md and lz4_Block_format.md). The library has no bound on what a frame
 * unfolds to, and a frame need not say it; but the lengths of literals and matches do, without unfolding anything.
 */
const magic = 0x184d2204;
const flags = { dictionaryId: 0x01, contentChecksum: 0x04, contentSize: 0x08, blockChecksum: 0x10 } as const;
const uncompressedBlock = 0x80000000;
/** A match is at least so long, and its length is given without them. */
const shortestMatch = 4;

/** Rejects when the bytes are not one lz4 frame and nothing else, or would unfold to more than `maxInflatedBytes`. */
export async function lz4Read(compressed: Buffer): Promise<Buffer> {
  holdInflated(measureFrame(compressed));
  return decompressFrame(compressed);
}

/** What a frame unfolds to. */
function measureFrame(bytes: Buffer): number {
  if (bytes.readUInt32LE(0) !== magic) throw new Error("the bytes are not lz4");
  const has = (flag: number): boolean => (bytes.readUInt8(4) & flag) !== 0;
  const checksumBytes = has(flags.blockChecksum) ? 4 : 0;
  let at = 7 + (has(flags.contentSize) ? 8 : 0) + (has(flags.dictionaryId) ? 4 : 0);
  let inflated = 0;
  for (;;) {
    const word = bytes.readUInt32LE(at);
    at += 4;
    if (word === 0) {
      // A second frame would be passed over: the library reads one, as the Java client does.
      if (at + (has(flags.contentChecksum) ? 4 : 0) !== bytes.length)
        throw new Error("the batch does not end with its frame");
      return inflated;
    }
    const size = word % uncompressedBlock;
    const end = at + size;
    if (end > bytes.length) throw new Error("a block reaches past the end of the batch");
    inflated += word >= uncompressedBlock ? size : measureBlock(bytes, at, end);
    at = end + checksumBytes;
  }
}

/** What a compressed block unfolds to. */
function measureBlock(bytes: Buffer, start: number, end: number): number {
  let at = start;
  let inflated = 0;
  /** A length whose four bits are full goes on in bytes, until one is not full. */
  const length = (bits: number): number => {
    let sum = bits;
    if (bits < 15) return sum;
    for (;;) {
      const more = bytes.readUInt8(at++);
      sum += more;
      if (more < 255) return sum;
    }
  };
  while (at < end) {
    const token = bytes.readUInt8(at++);
    const literals = length(token >> 4);
    inflated += literals;
    at += literals;
    // The last sequence has no match.
    if (at >= end) break;
    at += 2;
    inflated += shortestMatch + length(token & 0x0f);
  }
  return inflated;
}
