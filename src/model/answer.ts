import type { Reason } from "./verdict.ts";

/** What a before handler answered, parsed but not yet judged. */
export type Answer =
  | { readonly decision: "allow"; readonly patch: JsonObject | null }
  | { readonly decision: "forbid"; readonly reason: Reason };

/** A JSON number by its source text: it never passes through a float. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** What a JSON text holds; numbers as their source text. */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isJsonObject(json: Json): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json) && !(json instanceof JsonNumber);
}
