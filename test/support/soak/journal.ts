import { appendFileSync, existsSync, readFileSync } from "node:fs";

const flushEveryMs = 50;

/** Lines of JSON, written down by the process that saw what they tell. */
export class Journal {
  readonly #file: string;
  #lines: string[] = [];

  constructor(file: string) {
    this.#file = file;
    setInterval(() => this.flush(), flushEveryMs).unref();
  }

  add(entry: unknown): void {
    this.#lines.push(JSON.stringify(entry));
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    appendFileSync(this.#file, `${this.#lines.join("\n")}\n`);
    this.#lines = [];
  }
}

export function readJournal(file: string): readonly unknown[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as unknown);
}
