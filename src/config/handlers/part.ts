import { didYouMean } from "./did-you-mean.ts";
import type { Tree } from "./yaml-tree.ts";

export interface Finding {
  /** Offset in the text. */
  readonly at: number;
  readonly path: string | null;
  readonly text: string;
  readonly hint: string | null;
}

/** Collects every problem and warning of a file with its place; nothing stops at the first. */
export class Findings {
  readonly problems: Finding[] = [];
  readonly warnings: Finding[] = [];
}

/** Of one map: a search for what may be meant takes a while, and nobody reads a thousand. */
const mostUnknown = 50;

/**
 * One part of the file while it is being read: its tree, its path ("handlers[2].onFailure") and where findings go. The
 * readers return undefined after they reported a problem, so that reading goes on and finds the next one.
 */
export class Part {
  readonly tree: Tree;
  readonly path: string;
  readonly #findings: Findings;

  constructor(tree: Tree, path: string, findings: Findings) {
    this.tree = tree;
    this.path = path;
    this.#findings = findings;
  }

  /** Reports, and stands for the value that could not be read. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- lets every reader end with `return part.problem(...)`
  problem<T>(text: string, hint: string | null = null): T | undefined {
    this.#findings.problems.push(this.#finding(text, hint));
    return undefined;
  }

  warn(text: string, hint: string | null = null): void {
    this.#findings.warnings.push(this.#finding(text, hint));
  }

  #finding(text: string, hint: string | null): Finding {
    return { at: this.tree.at, path: this.path === "" ? null : this.path, text, hint };
  }

  #pathOf(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }

  /** The values by key; the first of those that are not `known` are reported, with the nearest known one. */
  keys(known: readonly string[]): ReadonlyMap<string, Part> {
    const parts = new Map<string, Part>();
    if (this.tree.kind !== "map") {
      this.problem("must be a map of keys and values");
      return parts;
    }
    let unknown = 0;
    for (const { key, at, value } of this.tree.entries) {
      const path = this.#pathOf(key);
      // A key without a value stands at the key, where people look for it.
      const part = new Part(
        value.kind === "scalar" && value.source === "" ? { ...value, at } : value,
        path,
        this.#findings,
      );
      if (known.includes(key)) parts.set(key, part);
      else if (++unknown <= mostUnknown)
        new Part({ ...value, at }, path, this.#findings).problem("unknown key", didYouMean(key, known));
    }
    if (unknown > mostUnknown) this.problem(`${unknown - mostUnknown} more keys are unknown`);
    return parts;
  }

  /** The part under a key that is there, else this part itself: where to place a finding about it. */
  inside(key: string): Part {
    const entry = this.tree.kind === "map" ? this.tree.entries.find((candidate) => candidate.key === key) : undefined;
    return entry === undefined ? this : new Part(entry.value, this.#pathOf(key), this.#findings);
  }

  /** The items of a list. */
  items(): readonly Part[] | undefined {
    if (this.tree.kind !== "list") return this.problem("must be a list");
    return this.tree.items.map((item, at) => new Part(item, `${this.path}[${at}]`, this.#findings));
  }

  text(maxLength = 2000): string | undefined {
    const value = this.tree.kind === "scalar" ? this.tree.value : undefined;
    if (typeof value !== "string" || value.trim() === "") return this.problem("must be a text");
    return value.length > maxLength ? this.problem(`must be at most ${maxLength} characters`) : value;
  }

  matching(pattern: RegExp, what: string): string | undefined {
    const text = this.text();
    return text === undefined || pattern.test(text) ? text : this.problem(`must be ${what}`);
  }

  oneOf<const T extends string>(words: readonly T[]): T | undefined {
    const value = this.tree.kind === "scalar" ? this.tree.value : undefined;
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    return this.problem(`must be ${words.join(" | ")}`, typeof value === "string" ? didYouMean(value, words) : null);
  }

  flag(): boolean | undefined {
    const value = this.tree.kind === "scalar" ? this.tree.value : undefined;
    return typeof value === "boolean" ? value : this.problem("must be true or false");
  }

  whole(least: number, most: number): number | undefined {
    const value = this.tree.kind === "scalar" ? this.tree.value : undefined;
    const fits = typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
    return fits ? value : this.problem(`must be a whole number from ${least} to ${most}`);
  }

  number(least: number, most: number): number | undefined {
    const value = this.tree.kind === "scalar" ? this.tree.value : undefined;
    const fits = typeof value === "number" && value >= least && value <= most;
    return fits ? value : this.problem(`must be a number from ${least} to ${most}`);
  }
}
