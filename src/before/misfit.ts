/** A part of an answer that does not fit its schema. Names the place, never the value: it may be a secret. */
export class Misfit {
  readonly path: string;
  readonly detail: string;

  constructor(path: string, detail: string) {
    this.path = path;
    this.detail = detail;
  }

  toString(): string {
    // A key of the answer may be as long as the answer.
    return `${this.path.slice(0, 200)} ${this.detail}`;
  }
}
