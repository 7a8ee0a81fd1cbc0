import { InvalidArgumentError } from "commander";

/** Reads an option as whole milliseconds. */
export function milliseconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("must be whole milliseconds, digits only.");
  return Number(text);
}

/** Reads an option as a whole number from 1 on. */
export function count(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("must be a whole number from 1 to 9999999.");
  return Number(text);
}

/** Reads an option as a revision of handlers. */
export function revisionNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("must be a revision, as `handlers history` shows it.");
  return Number(text);
}
