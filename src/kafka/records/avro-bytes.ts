import { frameBytes, writeFrame } from "../codec/wire.ts";

/** Where short texts are copied character by character: a call into the runtime costs as much as so many. */
const shortText = 64;

/** Twice as much is exact. */
const largest = 2 ** 52;

/**
 * Writes the Avro of one record after another, in the order of its schema's fields, without an object between: for the few
 * records of our own that are written thousands of times a second. Half a character (a lone surrogate) becomes U+FFFD.
 */
export class AvroBytes {
  readonly #schemaId: number;
  #bytes = Buffer.allocUnsafeSlow(16 * 1024);
  #at = frameBytes;

  constructor(schemaId: number) {
    this.#schemaId = schemaId;
  }

  /** What was written since the last call, in the registry's wire format and in memory of its own. */
  take(): Buffer {
    writeFrame(this.#bytes, this.#schemaId);
    const record = Buffer.from(this.#bytes.subarray(0, this.#at));
    this.#at = frameBytes;
    return record;
  }

  /** Drops what was written since the last `take`. */
  drop(): void {
    this.#at = frameBytes;
  }

  boolean(value: boolean): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value ? 1 : 0;
  }

  /** An int or a long. Throws RangeError where it is no whole number, or too large to be counted in milliseconds. */
  integer(value: number): void {
    if (!Number.isInteger(value) || Math.abs(value) > largest) throw new RangeError("no whole number");
    this.#reserve(10);
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    // Arithmetic instead of bit shifts: a long passes 2^31.
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) + 128;
    this.#bytes[this.#at++] = rest;
  }

  string(text: string): void {
    if (text.length <= shortText && this.#ascii(text)) return;
    const length = Buffer.byteLength(text);
    this.integer(length);
    this.#reserve(length);
    this.#bytes.write(text, this.#at);
    this.#at += length;
  }

  /** Of a union of null and a string, in this order; `integerOrNull` likewise. */
  stringOrNull(text: string | null): void {
    this.integer(text === null ? 0 : 1);
    if (text !== null) this.string(text);
  }

  integerOrNull(value: number | null): void {
    this.integer(value === null ? 0 : 1);
    if (value !== null) this.integer(value);
  }

  /** Writes a short text of ASCII alone; false, and nothing is written, where it is none. */
  #ascii(text: string): boolean {
    const from = this.#at;
    this.integer(text.length);
    this.#reserve(text.length);
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) {
        this.#at = from;
        return false;
      }
      this.#bytes[this.#at++] = code;
    }
    return true;
  }

  #reserve(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(needed)));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
