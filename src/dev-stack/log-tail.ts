import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";

const readBound = 64 * 1024;

/** The size of a file now, 0 when there is none: where the part of a log begins that the next start will write. */
export function logOffset(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** The text of a log from `offset`, at most its last 64 KiB; empty when there is none. */
export function logSince(file: string, offset: number): string {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch {
    return "";
  }
  try {
    const { size } = fstatSync(fd);
    const from = Math.max(offset, size - readBound);
    const bytes = Buffer.alloc(Math.max(0, size - from));
    return bytes.toString("utf8", 0, readSync(fd, bytes, 0, bytes.length, from));
  } finally {
    closeSync(fd);
  }
}

/** The last non-empty lines, each cut at 300 characters and indented, for an error message. */
export function lastLines(text: string, count: number): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .map((line) => `    ${line.slice(0, 300)}`)
    .join("\n");
}
