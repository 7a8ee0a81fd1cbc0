const nothing = Buffer.alloc(0);

/** The first bytes of a stream, up to a limit, in one piece: many small chunks cost little more than their bytes. */
export class Kept {
  readonly #limit: number;
  /** The first chunk itself, or from the second one on a buffer of its own, of which `#size` bytes are filled. */
  #buffer: Buffer = nothing;
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False when not all of it fits any more. */
  add(chunk: Buffer): boolean {
    const room = this.#limit - this.#size;
    const part = chunk.length <= room ? chunk : chunk.subarray(0, room);
    if (part.length > 0) this.#append(part);
    return part.length === chunk.length;
  }

  /** Shares its memory with what is kept, and with the first chunk where that is all; a later `add` does not change it. */
  bytes(): Buffer {
    return this.#size === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, this.#size);
  }

  #append(part: Buffer): void {
    const size = this.#size + part.length;
    if (this.#size === 0) {
      this.#buffer = part;
    } else {
      // The first chunk is never written to: it is exactly as long as what it holds.
      if (size > this.#buffer.length) this.#grow(size);
      part.copy(this.#buffer, this.#size);
    }
    this.#size = size;
  }

  /** Doubles, so that no byte is copied more than about twice, and never reserves more than the limit. */
  #grow(size: number): void {
    // Not from Node's pool, of which a small buffer would hold all.
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#limit, Math.max(size, 2 * this.#buffer.length)));
    this.#buffer.copy(larger, 0, 0, this.#size);
    this.#buffer = larger;
  }
}
