import { globSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";

/** The kinds of tests, in the order they run: the cheap ones first. */
export const kinds = ["unit", "contract", "integration", "fault", "e2e"] as const;
export type Kind = (typeof kinds)[number];

interface KindRules {
  /** Test files at once. Kinds that load the broker run alone, or they would measure each other. */
  readonly concurrency: number;
  readonly testTimeoutMs: number;
  readonly needsStack: boolean;
}

export const rules: Readonly<Record<Kind, KindRules>> = {
  unit: { concurrency: 2, testTimeoutMs: 30_000, needsStack: false },
  contract: { concurrency: 2, testTimeoutMs: 180_000, needsStack: true },
  integration: { concurrency: 1, testTimeoutMs: 180_000, needsStack: true },
  fault: { concurrency: 1, testTimeoutMs: 300_000, needsStack: true },
  e2e: { concurrency: 1, testTimeoutMs: 600_000, needsStack: true },
};

export type Selection =
  | { readonly kind: "files"; readonly files: ReadonlyMap<Kind, readonly string[]> }
  | { readonly kind: "unknown"; readonly argument: string };

/**
 * The test files that the arguments name, absolute and sorted, by kind. An argument is a kind, a test file or a folder
 * below `root`, where each kind has its folder; no argument means everything.
 */
export function select(root: string, args: readonly string[]): Selection {
  const files = new Map<Kind, string[]>();
  for (const argument of args.length === 0 ? kinds : args) {
    const found = isKind(argument) ? testFilesIn(join(root, argument)) : testFilesAt(resolve(argument));
    if (found === null) return { kind: "unknown", argument };
    for (const file of found) {
      const kind = relative(root, file).split(sep)[0] ?? "";
      if (!isKind(kind)) return { kind: "unknown", argument };
      const known = files.get(kind) ?? [];
      if (!known.includes(file)) files.set(kind, [...known, file].sort());
    }
  }
  return { kind: "files", files: new Map(kinds.flatMap((kind) => entryOf(files, kind))) };
}

function entryOf(files: ReadonlyMap<Kind, string[]>, kind: Kind): [Kind, string[]][] {
  const found = files.get(kind);
  return found === undefined ? [] : [[kind, found]];
}

function isKind(text: string): text is Kind {
  return (kinds as readonly string[]).includes(text);
}

function testFilesAt(path: string): string[] | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (found.isDirectory()) return testFilesIn(path);
  return path.endsWith(".test.ts") ? [path] : null;
}

function testFilesIn(folder: string): string[] {
  return globSync("**/*.test.ts", { cwd: folder }).map((file) => join(folder, file));
}
