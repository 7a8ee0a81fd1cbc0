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

  /**
   * Zigzag in at most five bytes, seven bits each, the lowest first. What the fifth holds beyond 32 bits is dropped, as the
   * broker does (ByteUtils.readVarint): who is stricter than the broker would stand for ever before what it has taken.
   */
  varint(): number {
    let bits = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.int8();
      bits |= (byte & 0x7f) << shift;
      if (byte >= 0) return (bits >>> 1) ^ -(bits & 1);
    }
    throw new RangeError("a varint takes more than five bytes");
  }

  /** The same of 64 bits, in at most ten bytes; rounded where a number cannot hold it. */
  varlong(): number {
    const from = this.at;
    let zigzag = 0;
    let place = 1;
    // Seven bytes, 49 bits: any time of this millennium.
    for (let read = 0; read < 7; read++) {
      const byte = this.int8();
      zigzag += (byte & 0x7f) * place;
      if (byte >= 0) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      place *= 0x80;
    }
    this.at = from;
    return Number(this.#longer());
  }

  #longer(): bigint {
    let bits = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.int8();
      bits |= BigInt(byte & 0x7f) << shift;
      if (byte < 0) continue;
      const zigzag = BigInt.asUintN(64, bits);
      return (zigzag >> 1n) ^ -(zigzag & 1n);
    }
    throw new RangeError("a varlong takes more than ten bytes");
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

  /** A length as `varint`, then so many bytes, in memory that is shared; null for any negative length, as the broker has it. */
  field(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
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
