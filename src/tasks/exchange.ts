import type { Exchange } from "../model/exchange.ts";
import { maskText, secretNames } from "../model/mask.ts";
import { maskNamed, namedValues } from "../model/mask-named.ts";
import { secretsOf, type TaskCall } from "../model/task-call.ts";
import type { HttpResult } from "./http.ts";
import { type BoundedText, boundedText } from "./response-text.ts";
import type { ScriptResult } from "./script.ts";
import { asOneRun } from "./script-outcome.ts";

/** What came back of a call, as it was. */
interface Answered {
  readonly bytes: Uint8Array;
  readonly complete: boolean;
  readonly status: number;
}

export function answeredOverHttp(result: HttpResult): Answered | null {
  return result.kind === "response"
    ? { bytes: result.body, complete: result.cut === null, status: result.status }
    : null;
}

export function answeredByScript(ended: ScriptResult): Answered | null {
  const result = asOneRun(ended);
  return result.kind === "exited" ? { bytes: result.stdout, complete: true, status: result.code } : null;
}

/**
 * The exchange of a call as the log may keep it: at most `limit` bytes of each body, and then cut. Masked are the event's
 * secrets wherever they stand, and whatever stands under the name of a secret field, wherever it is repeated: a handler may
 * answer with a password that no event has held yet. So is what travelled beside the body and is `hidden`, where it comes back.
 */
export function exchangeOf(
  call: TaskCall,
  body: string,
  answered: Answered | null,
  limit: number,
  hidden: readonly string[] = [],
): Exchange {
  const status = answered?.status ?? null;
  if (limit === 0) return { sent: null, sentCut: false, answered: null, answeredCut: false, status };
  const names = secretNames(call.event.shape);
  const secrets = secretsOf(call);
  const sent = boundedBody(body, limit);
  const out = { sent: maskBody(sent, names, secrets, limit), sentCut: sent.cut, status };
  if (answered === null) return { ...out, answered: null, answeredCut: false };
  const came = boundedText(answered.bytes, answered.complete, limit);
  // All of the answer is looked at: what is shown of it may repeat what stands behind the cut.
  const fresh = names.length === 0 ? [] : namedValues(decoder.decode(answered.bytes), names);
  const shown = fresh === null ? notShown : maskBody(came, names, [...secrets, ...fresh, ...hidden], limit);
  return { ...out, answered: shown, answeredCut: came.cut };
}

const notShown = "(not shown: too much of it stands under the name of a secret field)";
const decoder = new TextDecoder("utf-8");

function boundedBody(body: string, limit: number): BoundedText {
  // Three bytes a character at most: a short one need not be measured.
  if (body.length * 3 <= limit || Buffer.byteLength(body) <= limit) return { text: body, cut: false };
  return boundedText(Buffer.from(body.slice(0, limit)), false, limit);
}

function maskBody(
  { text, cut }: BoundedText,
  names: readonly string[],
  secrets: readonly string[],
  limit: number,
): string {
  if (names.length === 0 && secrets.length === 0) return text;
  const masked = maskText(maskNamed(text, names), secrets, cut);
  // Asterisks may be longer than what they stand for.
  return masked.length <= limit ? masked : masked.slice(0, limit);
}
