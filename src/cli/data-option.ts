import { readFileSync } from "node:fs";
import { BridgeError, messageOf } from "../errors.ts";

/** `--data JSON`, `--data @file` or `--data -` (standard input), as the text of a JSON object. Throws USAGE. */
export function readDataOption(option: string): string {
  if (option === "-") return read(0, "standard input");
  return option.startsWith("@") ? read(option.slice(1), option.slice(1)) : option;
}

function read(from: string | number, name: string): string {
  try {
    return readFileSync(from, "utf8");
  } catch (error) {
    throw new BridgeError("USAGE", `--data: ${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
