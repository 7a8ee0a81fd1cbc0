/** What the end of a script means, in either stage: exit 0 answer, 10 forbid, 75 temporary failure, others failure. */
import type { AttemptOutcome } from "../after/ports.ts";
import type { AskOutcome } from "../before/ports.ts";
import type { BodyEvent } from "../model/body.ts";
import type { Failure } from "../model/failure.ts";
import { plainAllow, readAnswer, readScriptReason } from "./answer.ts";
import { type OutcomeContext, timedOut } from "./http-outcome.ts";
import type { PersistentResult } from "./persistent.ts";
import { responseText } from "./response-text.ts";
import type { ScriptResult } from "./script.ts";

/** Exit 75 is a script's own way of asking for another try. */
export const scriptExits = { answer: 0, forbid: 10, temporary: 75 } as const;

/** Exit 0 with nothing but white space on standard output allows, unchanged. */
export function askedByScript(ended: ScriptResult, sent: BodyEvent, context: OutcomeContext): AskOutcome {
  const result = asOneRun(ended);
  if (result.kind === "exited" && result.code === scriptExits.forbid) {
    return { kind: "answer", answer: { decision: "forbid", reason: readScriptReason(result.stdout) } };
  }
  if (result.kind !== "exited" || result.code !== scriptExits.answer) {
    return { kind: "failure", failure: failureOf(result, context) };
  }
  if (isBlank(result.stdout)) return { kind: "answer", answer: plainAllow };
  const reading = readAnswer(result.stdout, sent);
  if (reading.kind === "answer") return reading;
  const response = textOf(result.stdout, context);
  return { kind: "failure", failure: { kind: "bad-answer", detail: reading.detail, response } };
}

/** Exit 0 and 10 are delivered; `status` of the outcome is the exit code. */
export function deliveredByScript(ended: ScriptResult, context: OutcomeContext): AttemptOutcome {
  const result = asOneRun(ended);
  if (result.kind === "exited" && (result.code === scriptExits.answer || result.code === scriptExits.forbid)) {
    return { kind: "delivered", status: result.code, response: textOf(result.stdout, context) };
  }
  return { kind: "failure", failure: failureOf(result, context) };
}

/** A persistent script's answer says what the exit code and the output of one that ran for its call would say. */
export function asOneRun(result: ScriptResult): ScriptResult {
  if (result.kind !== "persistent" || result.result.kind !== "answered") return result;
  const { exit: code, line } = result.result;
  return { kind: "exited", code, detail: "", stdout: line, stderr: Buffer.alloc(0) };
}

function failureOf(result: ScriptResult, context: OutcomeContext): Failure {
  switch (result.kind) {
    case "persistent":
      return persistentFailure(result.result, context);
    case "refused":
      return { kind: "unreachable", detail: result.detail };
    case "not-started":
      return { kind: "unreachable", detail: `the script could not be started (${result.detail})` };
    case "over":
      return timedOut(result.over, context);
    case "too-large":
      return { kind: "too-large", detail: `the script wrote more than ${context.answerBytes} bytes` };
    case "signalled":
      return { kind: "killed", detail: `the script was ended by ${result.detail}` };
    case "exited": {
      const meaning = result.code === scriptExits.temporary ? " (temporary failure)" : "";
      const response = textOf(result.stdout, context);
      return { kind: "exit", detail: `exit code ${result.code}${meaning}`, exit: result.code, response };
    }
  }
}

function persistentFailure(result: PersistentResult, context: OutcomeContext): Failure {
  switch (result.kind) {
    case "answered":
      return { kind: "internal", detail: "an answer is no failure" };
    case "over":
      return timedOut(result.over, context);
    case "too-soon": {
      const { retryAfterMs } = result;
      const detail = `the script ended again and again without an answer; it is started again in ${retryAfterMs} ms`;
      return { kind: "unreachable", detail, retryAfterMs };
    }
    case "bad-answer":
      return { kind: "bad-answer", detail: result.detail };
    case "too-large":
      return { kind: "too-large", detail: `the script wrote a line of more than ${context.answerBytes} bytes` };
    case "unanswered":
      return unanswered(result.end);
  }
}

function unanswered(end: (PersistentResult & { readonly kind: "unanswered" })["end"]): Failure {
  switch (end.kind) {
    case "deaf":
      return { kind: "unreachable", detail: "the script does not read its standard input any more" };
    case "not-started":
      return { kind: "unreachable", detail: `the script could not be started (${end.detail})` };
    case "signalled":
      return { kind: "killed", detail: `the script was ended by ${end.detail} before it answered` };
    case "exited":
      return { kind: "exit", detail: `exit code ${end.code} before it answered`, exit: end.code };
  }
}

function textOf(stdout: Buffer, context: OutcomeContext): string {
  return responseText(stdout, context.logBytes, context.secrets, true);
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}
