import type { Environment, ParseResult } from "@marcbachmann/cel-js";
import { messageOf } from "../errors.ts";
import type { Condition, ConditionResult } from "../model/condition.ts";
import { parseDecimal } from "../model/decimal.ts";
import type { BridgeEvent } from "../model/event.ts";
import type { RecordShape } from "../model/record-shape.ts";
import { checkingEnvironment, runtimeEnvironment } from "./when/cel-types.ts";
import { celData, celEvent } from "./when/cel-values.ts";
import { decimalLiteral, fieldRead, loopBody, nodesOf } from "./when/expression-walk.ts";
import { redirectMatches } from "./when/linear-matches.ts";

/**
 * `when` of a handler: an expression in CEL (Common Expression Language) over `data` (an update holds only what changed:
 * ask `has(data.x)`) and `event` (id, type, time, source, object_id). Its cost is bounded by its size and linear in the
 * data: no loop within a loop nor data read in one, no bindings, `matches` on a linear-time engine.
 */

/** Shapes by event id; undefined where no schema is known (events that vendors added): then nothing is checked. */
export type Shapes = (eventId: string) => RecordShape | undefined;

export type Compiled =
  | { readonly kind: "compiled"; readonly condition: Condition; readonly warnings: readonly string[] }
  | { readonly kind: "refused"; readonly problems: readonly string[] };

const maxLength = 2000;
const maxDetail = 300;

/** Compiles and type-checks. Problems are sentences without a place; the caller knows the place. */
export function compileWhen(source: string, events: readonly string[], shapes: Shapes): Compiled {
  if (source.length > maxLength) return refused(`is longer than ${maxLength} characters`);
  let parsed: ParseResult;
  try {
    parsed = runtimeEnvironment().parse(source);
  } catch (error) {
    return refused(summaryOf(error));
  }
  const problems = [...structureProblems(parsed), ...redirectMatches(parsed.ast)];
  if (problems.length > 0) return { kind: "refused", problems };
  const dynamic = parsed.check();
  if (!dynamic.valid) return refused(summaryOf(dynamic.error));
  if (dynamic.type !== "bool" && dynamic.type !== "dyn")
    return refused(`is a ${dynamic.type ?? "?"}, not true or false`);
  const { problems: mistyped, warnings } = checkAgainstSchemas(source, parsed, events, shapes);
  if (mistyped.length > 0) return { kind: "refused", problems: mistyped };
  return { kind: "compiled", condition: { source, evaluate: (event) => evaluate(parsed, event) }, warnings };
}

function structureProblems(parsed: ParseResult): readonly string[] {
  const problems: string[] = [];
  for (const node of nodesOf(parsed.ast)) {
    const body = loopBody(node).flatMap((part) => [...nodesOf(part)]);
    if (body.some((inner) => loopBody(inner).length > 0))
      problems.push("holds a loop (all, exists, map ...) within a loop");
    if (body.some((inner) => inner.op === "id" && inner.args === "data")) {
      problems.push("reads data inside a loop (all, exists, map ...): only the item and literals can stand there");
    }
    if (node.op === "id" && node.args === "cel") problems.push("cel.bind is not supported");
    const literal = decimalLiteral(node);
    if (literal !== undefined && parseDecimal(literal) === undefined) problems.push(`"${literal}" is not a decimal`);
  }
  return [...new Set(problems)];
}

/** A field that no event of the handler has is a mistake; one that only some have means: no match for the others. */
function checkAgainstSchemas(
  source: string,
  parsed: ParseResult,
  events: readonly string[],
  shapes: Shapes,
): { readonly problems: readonly string[]; readonly warnings: readonly string[] } {
  const known = events.flatMap((id) => {
    const shape = shapes(id);
    return shape === undefined ? [] : [{ id, shape }];
  });
  const read = new Set([...nodesOf(parsed.ast)].flatMap((node) => fieldRead(node) ?? []));
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const name of read) {
    const without = known.filter(({ shape }) => !shape.fields.some((field) => field.name === name));
    if (without.length === 0) continue;
    const ids = without.map(({ id }) => id).join(", ");
    if (without.length === events.length) problems.push(`reads data.${name}, which ${ids} does not have`);
    else warnings.push(`reads data.${name}, which ${ids} does not have: it is always absent there`);
  }
  for (const { id, shape } of known) {
    if ([...read].some((name) => !shape.fields.some((field) => field.name === name))) continue;
    const checked = check(checkingEnvironment(shape), source);
    if (checked !== undefined) problems.push(`does not fit the data of ${id}: ${checked}`);
  }
  return { problems, warnings };
}

function check(environment: Environment, source: string): string | undefined {
  const parsed = environment.parse(source);
  redirectMatches(parsed.ast);
  const { valid, type, error } = parsed.check();
  if (!valid) return summaryOf(error);
  return type === "bool" || type === "dyn" ? undefined : `it is a ${type ?? "?"}, not true or false`;
}

function evaluate(parsed: ParseResult, event: BridgeEvent): ConditionResult {
  try {
    const result: unknown = parsed({ data: celData(event), event: celEvent(event) });
    if (typeof result === "boolean") return { kind: result ? "match" : "no-match" };
    return { kind: "error", detail: "`when` is neither true nor false" };
  } catch (error) {
    // A field that an update does not carry has not changed: the handler is not concerned.
    if (codeOf(error) === "no_such_key") return { kind: "no-match" };
    return { kind: "error", detail: `\`when\` cannot be evaluated: ${codeOf(error) ?? "error"}` };
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The first line only: the library's messages quote the source with a marker below it. */
function summaryOf(error: unknown): string {
  const summary = error instanceof Error && "summary" in error ? String(error.summary) : messageOf(error);
  return (summary.split("\n")[0] ?? "").slice(0, maxDetail);
}

function refused(problem: string): Compiled {
  return { kind: "refused", problems: [problem] };
}
