import type { Value } from "../model/data.ts";
import type { Change } from "../model/verdict.ts";
import type { Difference } from "./patch.ts";

/** Changes as people and records see them: JSON text, secrets masked, nothing longer than a bound. */

const masked = '"***"';
const maxTextLength = 16_384;

export function describeChange(difference: Difference, handler: string): Change {
  const { path, from, to, secret } = difference;
  return {
    path,
    from: from === undefined ? null : secret ? masked : jsonText(from),
    to: secret ? masked : jsonText(to),
    handler,
  };
}

/** Decimals, and integers past 2^53-1, are strings: as JSON numbers most readers would round them. */
export function jsonText(value: Value): string {
  const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? item.toString() : item));
  return text.length <= maxTextLength ? text : JSON.stringify(`(${text.length} characters of JSON)`);
}
