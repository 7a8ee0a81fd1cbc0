import { InvalidArgumentError } from "commander";

/** Reads an option as whole milliseconds. */
export function milliseconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("must be whole milliseconds, digits only.");
  return Number(text);
}
