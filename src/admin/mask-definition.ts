import type { HandlerDefinition } from "../model/handler-log.ts";
import { maskedAddress } from "../model/masked-address.ts";
import { Refusal } from "./problem.ts";

/**
 * A definition names its secrets by reference, but an address may hold one all the same: a token in its query, or user
 * and password (which are refused when written, and may have been forged onto the log). They never leave this process.
 */
const stars = "***";

/** The definition with what an address may hide replaced by `***`. */
export function maskedDefinition(definition: HandlerDefinition): HandlerDefinition {
  return withAddress(definition, maskedAddress);
}

/**
 * What was shown masked and comes back unchanged is what is stored. Throws Refusal for any other address with `***` in
 * it: a secret must not go to an address that somebody else chose.
 */
export function unmaskedDefinition(written: HandlerDefinition, stored: HandlerDefinition | null): HandlerDefinition {
  return withAddress(written, (text) => {
    const known = addressOf(stored);
    if (known !== null && text === maskedAddress(known)) return known;
    if (!text.includes(stars)) return text;
    throw new Refusal(
      "REQUEST_INVALID",
      `the handler's address holds "${stars}", which stands for what is not shown: leave the whole address as it was, or write all of it`,
    );
  });
}

function addressOf(definition: HandlerDefinition | null): string | null {
  const url = httpOf(definition)?.["url"];
  return typeof url === "string" ? url : null;
}

function withAddress(definition: HandlerDefinition, change: (text: string) => string): HandlerDefinition {
  const http = httpOf(definition);
  const url = http?.["url"];
  if (http === null || typeof url !== "string") return definition;
  return { ...definition, task: { ...(definition["task"] as object), http: { ...http, url: change(url) } } };
}

function httpOf(definition: HandlerDefinition | null): Readonly<Record<string, unknown>> | null {
  const task = mapOf(definition?.["task"]);
  return mapOf(task?.["http"]);
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
