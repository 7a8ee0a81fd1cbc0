/** The lines of a persistent script's protocol (docs/handlers.md, "Persistent scripts"). */
import { isJsonObject, JsonNumber } from "../model/answer.ts";
import { readJson } from "../model/json.ts";
import type { CallHeaders } from "./headers.ts";

/** The body with two members before its own: whose call it is, and what a request has as headers. One line. */
export function requestLine(id: string, headers: CallHeaders, body: string): string {
  return `{"id":${JSON.stringify(id)},"headers":${JSON.stringify(headers)},${body.slice(1)}\n`;
}

export type LineReading =
  /** `exit`: the exit code with which a script that is started for each call would say the same; 0 unless named. */
  { readonly kind: "answer"; readonly exit: number } | { readonly kind: "bad"; readonly detail: string };

/**
 * Whether a line answers the call of that id. Only what names the id does: it was written by someone who had read the
 * request, so no answer can be another call's.
 */
export function readLine(line: Uint8Array, id: string): LineReading {
  const reading = readJson(line);
  if (reading.kind === "refused") return { kind: "bad", detail: `not an answer: ${reading.detail}` };
  const { value } = reading;
  if (!isJsonObject(value)) return { kind: "bad", detail: "not an answer: not a JSON object" };
  if (value["id"] !== id) return { kind: "bad", detail: "not an answer to this call: its id is another" };
  const exit = value["exit"] ?? new JsonNumber("0");
  if (!(exit instanceof JsonNumber) || !/^(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/.test(exit.source))
    return { kind: "bad", detail: "exit is not a whole number from 0 to 255" };
  return { kind: "answer", exit: Number(exit.source) };
}
