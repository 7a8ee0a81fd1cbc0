import type { CheckResult, Definition, Problem } from "../../api/types.ts";

/** A definition while it is being edited: plain JSON, as it will be saved. Keys that are left empty are not there. */

export function textAt(definition: Definition, ...path: readonly string[]): string {
  const value = valueAt(definition, path);
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

export function valueAt(definition: Definition, path: readonly string[]): unknown {
  let value: unknown = definition;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** With one value set, or taken away when it is undefined; maps that become empty go too. */
export function withValue(definition: Definition, path: readonly string[], value: unknown): Definition {
  const [key, ...rest] = path;
  if (key === undefined) return definition;
  const next = { ...definition };
  if (rest.length === 0) {
    if (value === undefined) Reflect.deleteProperty(next, key);
    else next[key] = value;
    return next;
  }
  const inner = next[key];
  const isMap = typeof inner === "object" && inner !== null && !Array.isArray(inner);
  const changed = withValue(isMap ? (inner as Definition) : {}, rest, value);
  if (Object.keys(changed).length === 0) Reflect.deleteProperty(next, key);
  else next[key] = changed;
  return next;
}

/** What a number field holds: a number, nothing, or what was typed, which the check then refuses. */
export function numberOf(typed: string): number | string | undefined {
  const text = typed.trim();
  if (text === "") return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

export function eventsOf(definition: Definition): readonly string[] {
  const events = definition["events"];
  return Array.isArray(events) ? events.filter((id): id is string => typeof id === "string") : [];
}

/** `handlers[0].task.http.url` and `task.http.url` are one place. */
export function fieldOf(problem: Problem): string {
  return (problem.path ?? "").replace(/^(handlers|definition)(\[\d+\])?\.?/, "").replace(/^\[\d+\]\.?/, "");
}

/** The problems of a field and of all inside it. */
export function problemsAt(check: CheckResult | null, ...fields: readonly string[]): readonly string[] {
  return (check?.problems ?? [])
    .filter((problem) => {
      const at = fieldOf(problem);
      return fields.some(
        (field) =>
          at === field || at.startsWith(`${field}.`) || at.startsWith(`${field}[`) || isMissing(problem, field),
      );
    })
    .map(textOf);
}

/** The problems of what a key holds as a whole. */
export function problemsOfAll(check: CheckResult | null, field: string): readonly string[] {
  return (check?.problems ?? []).filter((problem) => fieldOf(problem) === field).map(textOf);
}

function textOf({ message, hint }: Problem): string {
  return hint === null ? message : `${message}; ${hint}`;
}

/** A key that is missing is reported where its handler begins: `needs onFailure ...`. */
function isMissing(problem: Problem, field: string): boolean {
  return fieldOf(problem) === "" && problem.message.startsWith(`needs ${field}`);
}

/** Keys of the other stage would be refused: they go when the stage is changed. */
export function withStage(definition: Definition, stage: "before" | "after"): Definition {
  const others =
    stage === "before"
      ? ["group", "retry", "ordered", "catchUp", "since"]
      : ["mayChange", "onFailure", "mode", "canary", "bestEffort"];
  const kept = Object.entries(definition).filter(([key]) => !others.includes(key));
  return { ...Object.fromEntries(kept), stage };
}
