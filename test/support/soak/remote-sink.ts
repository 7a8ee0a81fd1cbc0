import { join } from "node:path";
import type { Arrival } from "../ledger.ts";
import { Child } from "./child.ts";
import { readJournal } from "./journal.ts";

/** What a handler does with an attempt. */
export type Play =
  | { readonly kind: "ok"; readonly ms?: number; readonly busyEvery?: number }
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "hang" }
  | { readonly kind: "reset" };

export interface Rule {
  readonly usual: Play;
  /** By the event's object id. */
  readonly byKey?: Readonly<Record<string, Play>>;
}

/** Of one path. */
export interface Counts {
  readonly attempts: number;
  readonly delivered: number;
  /** Events delivered at least once. */
  readonly distinct: number;
}

export type SinkQuestion =
  | { readonly kind: "port" }
  | { readonly kind: "rule"; readonly path: string; readonly rule: Rule }
  | { readonly kind: "flush" }
  | { readonly kind: "counts"; readonly path: string };

export type SinkEntry =
  | {
      readonly kind: "came";
      readonly number: number;
      readonly path: string;
      readonly ceId: string;
      readonly webhookId: string;
      readonly sequence: string;
      /** Milliseconds since 1970. */
      readonly atMs: number;
    }
  | { readonly kind: "answered"; readonly number: number; readonly status: number; readonly atMs: number };

export interface TimedArrival extends Arrival {
  readonly atMs: number;
}

/** Handlers in a process of their own, and what they wrote down. */
export class RemoteSink {
  readonly #child: Child<SinkQuestion>;
  readonly #file: string;
  readonly #port: number;

  private constructor(child: Child<SinkQuestion>, file: string, port: number) {
    this.#child = child;
    this.#file = file;
    this.#port = port;
  }

  static async open(folder: string): Promise<RemoteSink> {
    const file = join(folder, "attempts");
    const child = new Child<SinkQuestion>("sink-process.ts", [file]);
    return new RemoteSink(child, file, await child.ask<number>({ kind: "port" }));
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.#port}${path}`;
  }

  /** From now on, for this path. */
  async on(path: string, usual: Play, byKey: Readonly<Record<string, Play>> = {}): Promise<void> {
    await this.#child.ask({ kind: "rule", path, rule: { usual, byKey } });
  }

  counts(path: string): Promise<Counts> {
    return this.#child.ask({ kind: "counts", path });
  }

  /** Every attempt on a path, in the order in which they came. */
  async arrivals(path: string): Promise<readonly TimedArrival[]> {
    await this.#child.ask({ kind: "flush" });
    const entries = readJournal(this.#file) as readonly SinkEntry[];
    const answered = new Map<number, number>();
    for (const entry of entries) if (entry.kind === "answered") answered.set(entry.number, entry.status);
    return entries.flatMap((entry) =>
      entry.kind === "came" && entry.path === path ? [{ ...entry, answered: answered.get(entry.number) ?? null }] : [],
    );
  }

  close(): Promise<void> {
    return this.#child.close();
  }
}
