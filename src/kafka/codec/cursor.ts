import { isUtf8 } from "node:buffer";
import { canonicalInteger } from "../../model/data.ts";

/**
 * Reads Avro's primitives from bytes that may be hostile. Every read is checked against the end of the record, so no
 * length or count in it can make us wait, or take memory, beyond what the record's own size allows.
 */
export class Cursor {
  readonly #bytes: Buffer;
  #at = 0;
  /** Items of lists and maps still allowed. Each takes a byte; those of an empty record do not, and have to be counted. */
  #items: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#items = bytes.length;
  }

  get rest(): number {
    return this.#bytes.length - this.#at;
  }

  boolean(): boolean {
    const byte = this.#byte();
    if (byte > 1) throw new UndecodableBytes(`${byte} is no boolean`);
    return byte === 1;
  }

  int(): number {
    const value = this.long();
    if (typeof value === "bigint" || (value | 0) !== value) throw new UndecodableBytes("an int is out of range");
    return value;
  }

  /** Zig-zag varint of at most 10 bytes; canonical. */
  long(): number | bigint {
    let shift = 0;
    let low = 0;
    let byte: number;
    do {
      byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte & 0x80 && shift < 28);
    return byte & 0x80 ? this.#bigLong(low) : (low >>> 1) ^ -(low & 1);
  }

  #bigLong(low: number): number | bigint {
    let zigzag = BigInt(low);
    let byte: number;
    let shift = 28n;
    do {
      byte = this.#byte();
      if (shift === 63n && byte > 1) throw new UndecodableBytes("an integer takes more than 64 bits");
      zigzag |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
    } while (byte & 0x80);
    return canonicalInteger((zigzag >> 1n) ^ -(zigzag & 1n));
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#take(4));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  string(): string {
    const length = this.#length();
    if (length === 0) return "";
    const from = this.#take(length);
    const text = this.#bytes.toString("utf8", from, this.#at);
    // Bytes that are no UTF-8 come out as U+FFFD, and writing the record again would change a field nobody touched.
    if (text.includes("\uFFFD") && !isUtf8(this.#bytes.subarray(from, this.#at))) {
      throw new UndecodableBytes("a string is not UTF-8");
    }
    return text;
  }

  bytes(): Buffer {
    return this.fixed(this.#length());
  }

  /** Shares the memory of the record. */
  fixed(size: number): Buffer {
    const from = this.#take(size);
    return this.#bytes.subarray(from, this.#at);
  }

  /** The number of items in the next block of a list or map; 0 ends it. */
  blockCount(): number {
    let count = this.long();
    if (count < 0) {
      count = -count;
      // The block's size in bytes, for readers that skip it.
      this.long();
    }
    if (count > this.#items) throw new UndecodableBytes("a list or map claims more items than the record has bytes");
    this.#items -= Number(count);
    return Number(count);
  }

  #length(): number {
    const length = this.long();
    if (length < 0) throw new UndecodableBytes("a length is negative");
    return Number(length);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new UndecodableBytes("the record is cut off");
    this.#at++;
    return byte;
  }

  #take(size: number): number {
    if (size > this.rest) throw new UndecodableBytes("the record is cut off");
    const from = this.#at;
    this.#at += size;
    return from;
  }
}

/** Bytes that do not fit the schema. Its message holds no value of the record. */
export class UndecodableBytes extends Error {}
