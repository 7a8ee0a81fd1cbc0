/** Reading what a before handler answered: the forms of docs "What a handler may change", and nothing else. */
import type { Answer, Json, JsonObject } from "../model/answer.ts";
import { isJsonObject, JsonNumber } from "../model/answer.ts";
import type { BodyEvent } from "../model/body.ts";
import { decodeUtf8, readJson } from "../model/json.ts";
import type { Reason } from "../model/verdict.ts";

export type AnswerReading =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "bad"; readonly detail: string };

/** The code of a forbid whose handler named none. */
const defaultReasonCode = "forbidden";
const maxCodeLength = 64;
const maxMessageLength = 1000;

/** Allow, unchanged: status 204, or a script that wrote nothing. */
export const plainAllow: Answer = { decision: "allow", patch: null };

/**
 * Reads the body of a 2xx answer other than 204, or a script's standard output at exit 0.
 *
 * - `{"decision":"allow"}`, with `data` (an object; null counts as not given) to change something.
 * - `{"decision":"forbid","reason":{"code","message"}}`. That a handler forbids stands whatever its reason looks like:
 *   a reason as plain text is its message, a missing one has the code "forbidden". `data` is dropped.
 * - The echo: `{"event":...,"data":{...}}` with the `event` that was sent; `object_id` may come back as text.
 *
 * Other members beside these are ignored, because frameworks add their own; a `decision` other than these two words,
 * an `event` that differs, an empty body and anything that is not a JSON object are bad answers.
 */
export function readAnswer(bytes: Uint8Array, sent: BodyEvent): AnswerReading {
  if (bytes.length === 0) return bad('the body is empty (use status 204, or {"decision":"allow"})');
  const reading = readJson(bytes);
  if (reading.kind === "refused") return bad(reading.detail);
  const { value } = reading;
  if (!isJsonObject(value)) return bad(`expected a JSON object, found ${kindOf(value)}`);
  if (value["decision"] !== undefined) return readDecision(value);
  if (value["event"] !== undefined && value["data"] !== undefined) return readEcho(value, sent);
  return bad("neither a decision nor an echo of the body");
}

function readDecision(value: JsonObject): AnswerReading {
  switch (value["decision"]) {
    case "allow": {
      const data = value["data"] ?? null;
      if (data !== null && !isJsonObject(data)) return bad(`data: expected an object, found ${kindOf(data)}`);
      return { kind: "answer", answer: data === null ? plainAllow : { decision: "allow", patch: data } };
    }
    case "forbid":
      return { kind: "answer", answer: { decision: "forbid", reason: reasonOf(value["reason"] ?? null) } };
    default:
      return bad(
        `decision: expected "allow" or "forbid", found ${typeof value["decision"] === "string" ? "another text" : kindOf(value["decision"])}`,
      );
  }
}

function readEcho(value: JsonObject, sent: BodyEvent): AnswerReading {
  const event = value["event"] ?? null;
  const data = value["data"] ?? null;
  if (!isJsonObject(event)) return bad(`event of an echo: expected an object, found ${kindOf(event)}`);
  if (!isJsonObject(data)) return bad(`data of an echo: expected an object, found ${kindOf(data)}`);
  const unchanged =
    Object.keys(event).length === 3 &&
    event["dt"] === sent.dt &&
    event["events_id"] === sent.events_id &&
    scalarText(event["object_id"]) === (sent.object_id === null ? null : String(sent.object_id));
  if (!unchanged) return bad("the event of an echo differs from what was sent");
  return { kind: "answer", answer: { decision: "allow", patch: data } };
}

/** The reason a script wrote at exit 10: `{"code","message"}`, a whole forbid answer, or plain text as the message. */
export function readScriptReason(stdout: Uint8Array): Reason {
  const text = (decodeUtf8(stdout) ?? Buffer.from(stdout).toString("utf8")).trim();
  const reading = readJson(stdout);
  if (reading.kind === "refused" || !isJsonObject(reading.value)) return reasonOf(text);
  return reasonOf(reading.value["reason"] ?? reading.value);
}

function reasonOf(value: Json): Reason {
  if (!isJsonObject(value))
    return { code: defaultReasonCode, message: bounded(scalarText(value) ?? "", maxMessageLength) };
  const code = bounded(scalarText(value["code"]) ?? "", maxCodeLength);
  return {
    code: code === "" ? defaultReasonCode : code,
    message: bounded(scalarText(value["message"]) ?? "", maxMessageLength),
  };
}

/** The text of a string or number; null of null; undefined of anything else. */
function scalarText(value: Json | undefined): string | null | undefined {
  if (value === null || typeof value === "string") return value;
  return value instanceof JsonNumber ? value.source : undefined;
}

function bounded(text: string, length: number): string {
  const trimmed = text.trim();
  // toWellFormed: a cut may fall into a surrogate pair, which no encoder of UTF-8 takes as it is.
  return (trimmed.length <= length ? trimmed : `${trimmed.slice(0, length - 1)}…`).toWellFormed();
}

/** Never the text itself: it may hold anything. */
function kindOf(value: Json | undefined): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof JsonNumber) return "a number";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" ? "a text" : "an object";
}

function bad(detail: string): AnswerReading {
  return { kind: "bad", detail };
}
