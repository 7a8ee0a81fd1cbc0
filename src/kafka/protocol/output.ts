/** Bytes that are written from front to back into a buffer of the size that was worked out before. */
export class Output {
  readonly bytes: Buffer;
  at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  int8(value: number): void {
    this.at = this.bytes.writeInt8(value, this.at);
  }

  int16(value: number): void {
    this.at = this.bytes.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.at);
  }

  int64(value: bigint): void {
    this.at = this.bytes.writeBigInt64BE(value, this.at);
  }

  /** Zigzag, then seven bits a byte, the lowest first: whole numbers of up to 52 bits. */
  varint(value: number): void {
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest >= 0x80) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest = rest <= 0x7fffffff ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    this.bytes[this.at++] = rest;
  }

  /** A length of 16 bits, then the text; null has the length -1. */
  string(text: string | null): void {
    this.int16(text === null ? -1 : Buffer.byteLength(text));
    if (text !== null) this.at += this.bytes.write(text, this.at);
  }

  /** A length as `varint`, then so many bytes; null has the length -1. */
  field(value: Buffer | string | null): void {
    if (value === null) this.varint(-1);
    else if (typeof value === "string") this.#text(value);
    else {
      this.varint(value.length);
      this.raw(value);
    }
  }

  raw(value: Uint8Array): void {
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  #text(text: string): void {
    const length = Buffer.byteLength(text);
    this.varint(length);
    if (length !== text.length || length > copiedByHand) this.bytes.write(text, this.at);
    else for (let at = 0; at < length; at++) this.bytes[this.at + at] = text.charCodeAt(at);
    this.at += length;
  }
}

/** Up to so many characters a loop is faster than the call. */
const copiedByHand = 40;

/** Bytes that `varint` takes. */
export function sizeOfVarint(value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let bytes = 1;
  for (; rest >= 0x80; rest = rest <= 0x7fffffff ? rest >>> 7 : Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** Bytes that `field` takes. */
export function sizeOfField(value: Buffer | string | null): number {
  if (value === null) return 1;
  const length = typeof value === "string" ? Buffer.byteLength(value) : value.length;
  return sizeOfVarint(length) + length;
}
