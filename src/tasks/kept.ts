/** The first bytes of a stream, up to a limit. */
export class Kept {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes kept. */
  get size(): number {
    return this.#size;
  }

  /** False when not all of it fits any more. */
  add(chunk: Buffer): boolean {
    const part = chunk.subarray(0, this.#limit - this.#size);
    if (part.length > 0) this.#chunks.push(part);
    this.#size += part.length;
    return part.length === chunk.length;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
