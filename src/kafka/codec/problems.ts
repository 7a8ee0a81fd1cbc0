/** What is wrong with data, each with its path. Holds no value: a field may be a secret. */
export class Problems {
  readonly #found: string[] = [];
  #more = 0;

  add(path: string, what: string): void {
    // A list of a million wrong items must not become a message of a million lines.
    if (this.#found.length < 50) this.#found.push(`${path.slice(0, 200)}: ${what}`);
    else this.#more++;
  }

  get any(): boolean {
    return this.#found.length > 0;
  }

  list(): readonly string[] {
    return this.#more === 0 ? this.#found : [...this.#found, `and ${this.#more} more`];
  }
}
