import type { JsonObject } from "../model/answer.ts";
import { type Data, sameValue } from "../model/data.ts";
import type { Failure } from "../model/failure.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { Recode } from "../model/reading.ts";
import type { RecordShape } from "../model/record-shape.ts";
import type { Change } from "../model/verdict.ts";
import { describeChange } from "./change-text.ts";
import { whyNotPermitted } from "./field-policy.ts";
import { Misfit } from "./misfit.ts";
import { applyPatch, type Difference, type Patched } from "./patch.ts";

/**
 * What an answer may do to an event's data. The steps, any of which discards the answer whole, never in part:
 *
 *   parsed answer -> shape (types, ranges, lengths)            else `invalid`
 *                 -> difference against what was sent          none: nothing changed, whatever the answer repeats
 *                 -> mask and rules of `mayChange`             else `not-permitted`
 *                 -> encode with the request's writer schema   else `invalid`
 *                 -> decode: equal to what was encoded,
 *                    and untouched fields as they were         else `invalid`
 *
 * So the core applies either exactly what it sent, or that plus changes which passed all of it.
 */
export type Judgement =
  | { readonly kind: "unchanged" }
  | {
      readonly kind: "changed";
      readonly data: Data;
      /** The changed record as a Kafka value, in the wire format of the request. */
      readonly encoded: Buffer;
      readonly changes: readonly Change[];
    }
  | { readonly kind: "failure"; readonly failure: Failure };

export interface Subject {
  readonly shape: RecordShape;
  readonly data: Data;
  readonly recode: Recode;
}

export function judgeChanges(
  handler: Pick<BeforeHandler, "id" | "mayChange">,
  subject: Subject,
  patch: JsonObject | null,
): Judgement {
  if (patch === null) return { kind: "unchanged" };
  const patched = applyPatch(subject.shape, subject.data, patch);
  if (patched instanceof Misfit) return invalid(patched.toString());
  if (patched.differences.length === 0) return { kind: "unchanged" };
  for (const difference of patched.differences) {
    if (breaksExtra(difference)) return invalid(`${difference.path.slice(0, 200)} is not JSON text`);
    const objection = whyNotPermitted(difference, handler.mayChange);
    if (objection !== undefined) return failed("not-permitted", objection);
  }
  return recoded(handler.id, subject, patched);
}

function recoded(handler: string, subject: Subject, patched: Patched): Judgement {
  let result: ReturnType<Recode>;
  try {
    result = subject.recode(patched.data);
  } catch {
    // The codec's own message may quote the value, which may be a secret.
    return invalid(`${paths(patched)}: the changed record does not fit its schema`);
  }
  if (!sameValue(result.data, patched.data)) return invalid(`${paths(patched)}: would not come back as it was written`);
  if (!untouchedIsIdentical(subject.data, result.data, patched)) return invalid("an untouched field would be changed");
  const changes = patched.differences.map((difference) => describeChange(difference, handler));
  return { kind: "changed", data: result.data, encoded: result.value, changes };
}

/** Attributes of vendors travel as JSON text in the field `extra`: whoever reads them parses it. */
function breaksExtra({ field, to }: Difference): boolean {
  if (field.name !== "extra" || field.type.kind !== "map") return false;
  return !(typeof to === "object" && to !== null ? Object.values(to) : [to]).every(isJsonText);
}

function isJsonText(value: unknown): boolean {
  try {
    if (typeof value === "string") JSON.parse(value);
    return typeof value === "string";
  } catch {
    return false;
  }
}

/** Implied by the steps before; checked on its own because it is the promise, and a defect there would break it. */
function untouchedIsIdentical(before: Data, after: Data, patched: Patched): boolean {
  const touched = new Set(patched.differences.map((difference) => difference.field.name));
  return [...Object.keys(before), ...Object.keys(after)].every(
    (name) =>
      touched.has(name) ||
      (Object.hasOwn(before, name) &&
        Object.hasOwn(after, name) &&
        sameValue(before[name] ?? null, after[name] ?? null)),
  );
}

function paths(patched: Patched): string {
  return patched.differences
    .map((difference) => difference.path)
    .join(", ")
    .slice(0, 500);
}

function invalid(detail: string): Judgement {
  return failed("invalid", detail);
}

function failed(kind: "invalid" | "not-permitted", detail: string): Judgement {
  return { kind: "failure", failure: { kind, detail } };
}
