import type { HandlerDefinition } from "../model/handler-log.ts";
import { maskedAddress } from "../model/masked-address.ts";

/** One key in which two versions of a handler differ; `from` and `to` as JSON text, null: it is not there. */
export interface KeyDifference {
  /** `task.http.url` */
  readonly key: string;
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * The keys in which two versions differ, in the order of the newer one; lists are compared whole. What an address carries
 * besides host and path is masked, as differences are printed where many read them. Pure.
 */
export function differencesOf(from: HandlerDefinition | null, to: HandlerDefinition | null): readonly KeyDifference[] {
  const [before, after] = [leavesOf(from), leavesOf(to)];
  const keys = [...new Set([...after.keys(), ...before.keys()])];
  return keys.flatMap((key) => {
    const [old, now] = [before.get(key) ?? null, after.get(key) ?? null];
    if (old === now) return [];
    return [{ key, from: shown(key, old), to: shown(key, now) }];
  });
}

function leavesOf(definition: HandlerDefinition | null): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  const walk = (path: string, value: unknown): void => {
    if (typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
      for (const [key, inner] of Object.entries(value)) walk(path === "" ? key : `${path}.${key}`, inner);
    } else {
      leaves.set(path, JSON.stringify(value));
    }
  };
  if (definition !== null) walk("", definition);
  return leaves;
}

function shown(key: string, json: string | null): string | null {
  if (json === null || key !== "task.http.url") return json;
  const address: unknown = JSON.parse(json);
  return typeof address === "string" ? JSON.stringify(maskedAddress(address)) : json;
}
