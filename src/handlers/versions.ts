import type { RegisteredVersion } from "../admin/ports.ts";

/** One version of a handler, as a record of the log made it. */
export interface HandlerVersion extends RegisteredVersion {
  /** When the log took it, by the broker's clock. */
  readonly loggedMs: number;
  /** Of the definition as text. */
  readonly bytes: number;
}

/** Versions of each handler, oldest first; of a deleted one the last has no definition. */
export type Versions = ReadonlyMap<string, readonly HandlerVersion[]>;

export const versionsAHandler = 200;
/** Of everything that is kept, so that no number of records fills the memory. */
const historyBytes = 32 * 1024 * 1024;
/** What a version costs besides its definition, roughly. */
const overheadBytes = 400;

interface Logged {
  readonly handlerId: string;
  readonly version: HandlerVersion;
}

/**
 * The history of handlers, bounded: per handler, and in all by bytes, the oldest versions first. The newest version of a
 * handler that is not deleted is never dropped. Depends on nothing but the order of the calls.
 */
export class VersionHistory {
  readonly #versions = new Map<string, readonly HandlerVersion[]>();
  /** Every version that is kept or was, in the order of the log. */
  #order: Logged[] = [];
  #bytes = 0;

  get versions(): Versions {
    return this.#versions;
  }

  newest(handlerId: string): HandlerVersion | undefined {
    return this.#versions.get(handlerId)?.at(-1);
  }

  add(handlerId: string, version: HandlerVersion): void {
    const known = this.#versions.get(handlerId) ?? [];
    const dropped = known.slice(0, Math.max(0, known.length + 1 - versionsAHandler));
    for (const one of dropped) this.#bytes -= one.bytes + overheadBytes;
    this.#versions.set(handlerId, [...known.slice(dropped.length), version]);
    this.#order.push({ handlerId, version });
    this.#bytes += version.bytes + overheadBytes;
    if (this.#bytes > historyBytes) this.#dropOldest();
  }

  /** Down to three quarters, so that it is not done at every record. */
  #dropOldest(): void {
    const kept: Logged[] = [];
    for (const entry of this.#order) {
      const { handlerId, version } = entry;
      const versions = this.#versions.get(handlerId) ?? [];
      if (!versions.includes(version)) continue;
      const isLive = version.definition !== null && versions.at(-1) === version;
      if (isLive || this.#bytes <= 0.75 * historyBytes) {
        kept.push(entry);
        continue;
      }
      this.#bytes -= version.bytes + overheadBytes;
      const rest = versions.filter((one) => one !== version);
      if (rest.length === 0) this.#versions.delete(handlerId);
      else this.#versions.set(handlerId, rest);
    }
    this.#order = kept;
  }
}
