/** The first bytes of a stream, up to a limit. */
export class Kept {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False when not all of it fits any more. */
  add(chunk: Buffer): boolean {
    const room = this.#limit - this.#size;
    const part = chunk.length <= room ? chunk : chunk.subarray(0, room);
    if (part.length > 0) this.#chunks.push(part);
    this.#size += part.length;
    return part.length === chunk.length;
  }

  /** Shares the memory of what was added, where that is one. */
  bytes(): Buffer {
    const [first, ...more] = this.#chunks;
    return first !== undefined && more.length === 0 ? first : Buffer.concat(this.#chunks);
  }
}
