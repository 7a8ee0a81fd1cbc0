/** A FIFO of offsets in 8 bytes each, since a stuck key may leave hundreds of thousands behind. */
export class OffsetQueue {
  #offsets: number[] = [];
  #at = 0;

  get size(): number {
    return this.#offsets.length - this.#at;
  }

  get first(): number | undefined {
    return this.#offsets[this.#at];
  }

  /** The first ones, at most so many. */
  peek(most: number): readonly number[] {
    return this.#offsets.slice(this.#at, this.#at + most);
  }

  push(offset: number): void {
    this.#offsets.push(offset);
  }

  shift(): void {
    if (this.size === 0) return;
    this.#at++;
    if (this.#at * 2 < this.#offsets.length) return;
    this.#offsets = this.#offsets.slice(this.#at);
    this.#at = 0;
  }
}
