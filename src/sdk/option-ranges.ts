import type { Problem } from "../errors.ts";

/** Longest delay that a timer of Node keeps; past it it would fire at once. */
export const longestTimerMs = 2_147_483_647;

export interface Range {
  readonly least: number;
  readonly most: number;
  readonly unit: "milliseconds" | "count" | "share";
}

export const milliseconds = (least: number, most: number): Range => ({ least, most, unit: "milliseconds" });
export const count = (least: number, most: number): Range => ({ least, most, unit: "count" });
export const share: Range = { least: 0, most: 1, unit: "share" };

const names = { milliseconds: "a number of milliseconds", count: "a whole number", share: "a number" };

/** Every option out of its range, by its path: NaN would wait for ever, or not at all. What is left out is fine. */
export function rangeProblems(options: object, ranges: Readonly<Record<string, Range>>): readonly Problem[] {
  return Object.entries(ranges).flatMap(([path, range]): Problem[] => {
    const value = valueAt(options, path);
    if (value === undefined || isWithin(value, range)) return [];
    const message = `must be ${names[range.unit]} from ${range.least} to ${range.most}`;
    return [{ path, place: null, message, hint: null }];
  });
}

export function isWithin(value: unknown, { least, most, unit }: Range): boolean {
  if (typeof value !== "number" || (unit === "count" && !Number.isInteger(value))) return false;
  return value >= least && value <= most;
}

function valueAt(options: object, path: string): unknown {
  return path.split(".").reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], options);
}
