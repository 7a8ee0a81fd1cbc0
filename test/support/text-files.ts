import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Files with texts, in a folder of their own that is gone in the end. */
export class TextFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), "text-files-"));
  #count = 0;

  /** The path of a new one. */
  write(text: string): string {
    const path = join(this.#folder, `${this.#count++}.yaml`);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
