/** What travels beside the body: headers of a request, environment of a script. One list for both. */
import type { Stage } from "../model/handler.ts";
import type { TaskCall } from "../model/task-call.ts";

export type CallHeaders = Readonly<Record<string, string>>;

/** @param remainingMs what the handler has left when it gets the call; `bridge-timeout-ms`. */
export function callHeaders(
  call: TaskCall,
  stage: Stage,
  timestampMs: number,
  remainingMs: number,
): Record<string, string> {
  const { event } = call;
  const headers: Record<string, string> = {
    "webhook-id": headerText(call.deliveryId),
    "webhook-timestamp": String(Math.floor(timestampMs / 1000)),
    "ce-type": headerText(event.type),
    "ce-time": headerText(event.time),
    "bridge-stage": stage,
    "bridge-attempt": String(call.attempt),
    "bridge-sequence": headerText(call.sequence),
    "bridge-timeout-ms": String(remainingMs),
  };
  if (call.superseded !== undefined) headers["bridge-superseded"] = String(call.superseded);
  if (call.isTest === true) headers["bridge-test"] = "true";
  if (event.ceId !== undefined) headers["ce-id"] = headerText(event.ceId);
  if (event.source !== undefined) headers["ce-source"] = headerText(event.source);
  if (event.traceparent !== undefined) headers["traceparent"] = headerText(event.traceparent);
  return headers;
}

/**
 * What a script inherits from this process; nothing else, because an environment holds the bridge's own secrets.
 * HOME and TMPDIR because interpreters look for their own files there.
 */
const inherited = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"] as const;

/** `ce-id` becomes CE_ID, `bridge-timeout-ms` BRIDGE_TIMEOUT_MS and so on, with the same values. */
export function scriptEnvironment(
  headers: CallHeaders,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name of inherited) {
    const value = environment[name];
    if (value !== undefined) out[name] = value;
  }
  for (const [name, value] of Object.entries(headers)) out[name.toUpperCase().replaceAll("-", "_")] = value;
  return out;
}

/**
 * Most bytes of one value before encoding. Common servers refuse a header of some kilobytes and close the connection, and no
 * program starts with a variable of more than 128 KiB: one record with a long id would make its handler look dead.
 */
const longestBytes = 1024;

/** Nearly all there is. */
const isPlain = /^[\u0021\u0023\u0024\u0026-\u007e]*$/;

/**
 * Text as a header can carry it: percent-encoded as the CloudEvents HTTP binding prescribes (3.1.3.2). Ids come from
 * outside; a line break in one would otherwise be a header of its own. What is longer than a kilobyte is cut off.
 */
export function headerText(text: string): string {
  if (text.length <= longestBytes && isPlain.test(text)) return text;
  return cut(text.toWellFormed()).replaceAll(/[^\u0021\u0023\u0024\u0026-\u007e]+/g, (run) =>
    Buffer.from(run, "utf8")
      .toString("hex")
      .replaceAll(/../g, (byte) => `%${byte.toUpperCase()}`),
  );
}

/** No character is cut in two. */
function cut(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  return bytes.length <= longestBytes ? text : bytes.toString("utf8", 0, longestBytes).replace(/\ufffd$/, "");
}
