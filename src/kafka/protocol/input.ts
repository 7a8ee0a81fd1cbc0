/** Reads Kafka's primitives from front to back. Throws RangeError where the bytes end too early. */
export class Input {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get rest(): number {
    return this.bytes.length - this.at;
  }

  int8(): number {
    const value = this.bytes.readInt8(this.at);
    this.at += 1;
    return value;
  }

  int16(): number {
    const value = this.bytes.readInt16BE(this.at);
    this.at += 2;
    return value;
  }

  int32(): number {
    const value = this.bytes.readInt32BE(this.at);
    this.at += 4;
    return value;
  }

  int64(): bigint {
    const value = this.bytes.readBigInt64BE(this.at);
    this.at += 8;
    return value;
  }

  /** Zigzag, seven bits a byte, the lowest first; exact up to 52 bits, of a number of at most 64. */
  varint(): number {
    let zigzag = 0;
    let place = 1;
    let byte: number;
    do {
      byte = this.int8() & 0xff;
      zigzag += (byte & 0x7f) * place;
      place *= 0x80;
      if (place > 2 ** 70) throw new RangeError("a varint takes more than ten bytes");
    } while (byte >= 0x80);
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  /** A length of 16 bits, then the text. */
  string(): string {
    const from = this.#take(this.int16());
    return this.bytes.toString("utf8", from, this.at);
  }

  /** A length as `varint`, then the text. */
  text(): string {
    const from = this.#take(this.varint());
    return this.bytes.toString("utf8", from, this.at);
  }

  /** A length as `varint`, then so many bytes, in memory that is shared; null for the length -1. */
  field(): Buffer | null {
    const length = this.varint();
    if (length === -1) return null;
    const from = this.#take(length);
    return this.bytes.subarray(from, this.at);
  }

  /** So many bytes, in memory of their own. */
  copy(length: number): Buffer {
    const from = this.#take(length);
    const own = Buffer.allocUnsafe(length);
    this.bytes.copy(own, 0, from, this.at);
    return own;
  }

  #take(length: number): number {
    if (!(length >= 0 && length <= this.rest)) throw new RangeError("a length passes the end");
    const from = this.at;
    this.at += length;
    return from;
  }
}
