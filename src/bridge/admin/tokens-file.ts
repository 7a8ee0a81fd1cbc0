import { statSync } from "node:fs";
import type { StoredToken } from "../../admin/identity/tokens.ts";
import { readTokensFile } from "../../config/admin-tokens.ts";
import { messageOf } from "../../errors.ts";
import type { Clock, Timer } from "../../model/clock.ts";
import type { Logger } from "../../model/logger.ts";

const lookEveryMs = 2000;

/**
 * The tokens of a file, which is looked at every two seconds: who was taken out of it is out within that time. While it
 * cannot be read nobody's token is good: a slip in it must not keep those in who were to be taken out.
 */
export class TokensFile {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #tokens: readonly StoredToken[];
  #seen: string;
  #timer: Timer | null = null;

  /** Throws SETTINGS_INVALID when the file cannot be used. */
  constructor(path: string, clock: Clock, logger: Logger) {
    this.#path = path;
    this.#clock = clock;
    this.#logger = logger;
    this.#seen = stampOf(path);
    this.#tokens = read(path);
    this.#wait();
  }

  get tokens(): readonly StoredToken[] {
    return this.#tokens;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #wait(): void {
    this.#timer = this.#clock.after(lookEveryMs, () => {
      this.#look();
      this.#wait();
    });
  }

  #look(): void {
    const stamp = stampOf(this.#path);
    if (stamp === this.#seen) return;
    this.#seen = stamp;
    try {
      this.#tokens = read(this.#path);
      this.#logger.info({ file: this.#path, tokens: this.#tokens.length }, "the file of tokens was read again");
    } catch (error) {
      this.#tokens = [];
      this.#logger.error(
        { file: this.#path, detail: messageOf(error) },
        "the file of tokens cannot be used: no token is good now",
      );
    }
  }
}

function read(path: string): readonly StoredToken[] {
  return readTokensFile(path).map(({ name, role, hash }) => ({
    name,
    role,
    sha256: Buffer.from(hash.slice(7), "hex"),
  }));
}

/** What is another when the file is: a new one in its place too, as Kubernetes swaps them. */
function stampOf(path: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return "none";
  }
}
