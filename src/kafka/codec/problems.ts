import type { Problem } from "../../errors.ts";

/** What is wrong with data, each with its path. Holds no value: a field may be a secret. */
export class Problems {
  readonly #found: Problem[] = [];
  #more = 0;

  add(path: string, what: string): void {
    // A list of a million wrong items must not become a message of a million lines.
    if (this.#found.length < 50) this.#found.push(problem(path.slice(0, 200), what));
    else this.#more++;
  }

  get any(): boolean {
    return this.#found.length > 0;
  }

  list(): readonly Problem[] {
    return this.#more === 0 ? this.#found : [...this.#found, problem(null, `and ${this.#more} more`)];
  }
}

function problem(path: string | null, message: string): Problem {
  return { path, place: null, message, hint: null };
}
