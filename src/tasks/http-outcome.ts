/** What the end of an HTTP call means, in either stage. */
import type { AttemptOutcome } from "../after/ports.ts";
import type { AskOutcome } from "../before/ports.ts";
import { messageOf } from "../errors.ts";
import type { BodyEvent } from "../model/body.ts";
import type { Failure } from "../model/failure.ts";
import { plainAllow, readAnswer } from "./answer.ts";
import type { Over } from "./call-time.ts";
import type { HttpResult } from "./http.ts";
import { responseText } from "./response-text.ts";
import { readRetryAfter } from "./retry-after.ts";

export interface OutcomeContext {
  readonly secrets: readonly string[];
  readonly logBytes: number;
  readonly answerBytes: number;
  readonly timeoutMs: number;
  readonly nowMs: number;
}

type Response = HttpResult & { readonly kind: "response" };

/** 204, or a body that is an answer. */
export function askedOverHttp(result: HttpResult, sent: BodyEvent, context: OutcomeContext): AskOutcome {
  if (result.kind !== "response" || !isSuccess(result)) return { kind: "failure", failure: failureOf(result, context) };
  if (result.status === 204) return { kind: "answer", answer: plainAllow };
  const failure = unreadable(result, context);
  if (failure !== null) return { kind: "failure", failure };
  const reading = readAnswer(result.body, sent);
  if (reading.kind === "answer") return reading;
  return failed("bad-answer", reading.detail, { response: textOf(result, context) });
}

/**
 * Any 2xx is delivered, whatever its body and even when the body breaks off: the handler has said that it has the
 * event, and asking again would only double it. One that names another delivery has said nothing of this event.
 */
export function deliveredOverHttp(result: HttpResult, context: OutcomeContext): AttemptOutcome {
  if (result.kind !== "response" || !isSuccess(result)) return { kind: "failure", failure: failureOf(result, context) };
  const encoding = encodingOf(result);
  const response = encoding === null ? textOf(result, context) : `(content-encoding ${encoding}, not shown)`;
  return { kind: "delivered", status: result.status, response };
}

/** Why the body of a 2xx cannot be an answer; null when it can. */
function unreadable(result: Response, context: OutcomeContext): Failure | null {
  switch (result.cut) {
    case "size":
      return { kind: "too-large", detail: `the answer is longer than ${context.answerBytes} bytes` };
    case "connection":
      return { kind: "unreachable", detail: "the connection ended in the middle of the answer" };
    case "deadline":
    case "cancelled":
      return timedOut(result.cut, context);
    case null: {
      const encoding = encodingOf(result);
      return encoding === null
        ? null
        : { kind: "bad-answer", detail: `the answer is compressed (content-encoding ${encoding})` };
    }
  }
}

function failureOf(result: HttpResult, context: OutcomeContext): Failure {
  switch (result.kind) {
    case "refused":
      return { kind: "unreachable", detail: result.detail };
    case "mistaken":
      return {
        kind: "bad-answer",
        detail: "the response is to another call: its webhook-id is not that of the request",
      };
    case "over":
      return timedOut(result.over, context);
    case "error":
      return errorFailure(result.error);
    case "response":
      return statusFailure(result, context);
  }
}

/** A cancelled call counts as timed out; nobody looks at its outcome but its own caller, who knows. */
export function timedOut(over: Over, context: { readonly timeoutMs: number }): Failure {
  const detail = over === "deadline" ? `no complete answer within ${context.timeoutMs} ms` : "the call was cancelled";
  return { kind: "timeout", detail };
}

function errorFailure(error: Error): Failure {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "UND_ERR_HEADERS_OVERFLOW")
    return { kind: "too-large", detail: "the headers of the answer are too long" };
  // Node tries every address of a name and reports them together, with an empty message.
  const causes = error instanceof AggregateError ? error.errors.map(messageOf).join("; ") : error.message;
  return { kind: "unreachable", detail: causes === "" ? (code ?? error.name) : causes };
}

function statusFailure(result: Response, context: OutcomeContext): Failure {
  const { status, headers } = result;
  const redirect = status >= 300 && status < 400 && headers["location"] !== undefined;
  const detail = `status ${status}${redirect ? `; redirects are not followed${redirectTarget(headers["location"])}` : ""}`;
  const retryAfterMs = readRetryAfter(single(headers["retry-after"]), context.nowMs);
  return {
    kind: "status",
    detail,
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    response: textOf(result, context),
  };
}

/** Only where to: a path or query could repeat anything of the event. */
function redirectTarget(location: string | string[] | undefined): string {
  const target = single(location) ?? "";
  return URL.canParse(target) ? ` (it points to ${new URL(target).origin})` : "";
}

function textOf(result: Response, context: OutcomeContext): string {
  return responseText(result.body, context.logBytes, context.secrets, result.cut === null);
}

function encodingOf(result: Response): string | null {
  const encoding = single(result.headers["content-encoding"])?.trim().toLowerCase() ?? "";
  // The value is the handler's own text.
  return encoding === "" || encoding === "identity" ? null : /^[\w, -]{1,40}$/.test(encoding) ? encoding : "unknown";
}

function isSuccess(result: Response): boolean {
  return result.status >= 200 && result.status < 300;
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function failed(kind: Failure["kind"], detail: string, more: Partial<Failure>): AskOutcome {
  return { kind: "failure", failure: { ...more, kind, detail } };
}
