import type { AfterHandler, BeforeHandler, Handler, Stage } from "../../model/handler.ts";
import { defaultRetryPolicy, type RetryPolicy } from "../../model/retry-policy.ts";
import { compileWhen, type Shapes } from "../when.ts";
import { type HandlerKey, handlerKeys, idPattern, placesOf, priorities, timeouts } from "./handler-keys.ts";
import type { Part } from "./part.ts";
import { readFailurePolicy, readMayChange } from "./read-before.ts";
import { readCatchUp } from "./read-catch-up.ts";
import { readEvents } from "./read-events.ts";
import { readOrdered } from "./read-ordered.ts";
import { readRateLimit } from "./read-rate-limit.ts";
import { readSince } from "./read-since.ts";
import { readTask } from "./read-task.ts";

const idRule = "lower-case letters, digits and . _ - (at most 63, starting with a letter or digit)";
const dayMs = 86_400_000;

type Keys = ReadonlyMap<HandlerKey, Part>;

/** One handler. What is wrong is reported; undefined when too little is left to go on with. */
export function readHandler(part: Part, shapes: Shapes): Handler | undefined {
  const keys = part.keys(Object.keys(handlerKeys)) as Keys;
  if (part.tree.kind !== "map") return undefined;
  const stage = required(part, keys, "stage")?.oneOf(["before", "after"]);
  if (stage !== undefined) refuseOtherStage(keys, stage);
  const id = required(part, keys, "id")?.matching(idPattern, idRule);
  const named = required(part, keys, "events");
  const events = named === undefined ? [] : readEvents(named, stage);
  const does = required(part, keys, "task");
  const task = does === undefined ? undefined : readTask(does);
  const common = {
    name: keys.get("name")?.text(200) ?? id ?? "",
    events,
    condition: readWhen(keys.get("when"), events, shapes),
    status: keys.get("status")?.oneOf(["enabled", "disabled", "archived"]) ?? "enabled",
    priority: keys.get("priority")?.whole(priorities.least, priorities.most) ?? priorities.usual,
    numbers: keys.get("numbers")?.oneOf(["string", "json"]) ?? "string",
  } as const;
  const own =
    stage === "before" ? readBefore(part, keys) : stage === "after" ? readAfter(keys, id ?? "", events) : undefined;
  const limited = keys.get("rateLimit");
  const rateLimit = limited === undefined ? undefined : readRateLimit(limited);
  const inFlight = keys.get("inFlight")?.whole(placesOf.least, placesOf.most);
  if (id === undefined || task === undefined || own === undefined) return undefined;
  const limits = { ...(rateLimit === undefined ? {} : { rateLimit }), ...(inFlight === undefined ? {} : { inFlight }) };
  return { id, task, ...common, ...own, ...limits };
}

/** A key that is missing is reported where its handler begins. */
function required(part: Part, keys: Keys, key: HandlerKey): Part | undefined {
  const found = keys.get(key);
  return found ?? part.problem(`needs ${key}`);
}

function refuseOtherStage(keys: Keys, stage: Stage): void {
  for (const [key, part] of keys) {
    const owner = handlerKeys[key];
    if (owner !== "both" && owner !== stage) part.problem(`is for ${owner} handlers only; this one is ${stage}`);
  }
}

function readWhen(part: Part | undefined, events: readonly string[], shapes: Shapes): Handler["condition"] {
  const source = part?.text(10_000);
  if (part === undefined || source === undefined) return null;
  const compiled = compileWhen(source, events, shapes);
  if (compiled.kind === "refused") {
    for (const problem of compiled.problems) part.problem(problem);
    return null;
  }
  for (const warning of compiled.warnings) part.warn(warning);
  return compiled.condition;
}

type Own<H extends Handler> = Omit<
  H,
  "id" | "name" | "events" | "condition" | "task" | "status" | "priority" | "numbers" | "rateLimit" | "inFlight"
>;

function readBefore(part: Part, keys: Keys): Own<BeforeHandler> {
  const { least, most, usual } = timeouts.before;
  const policy = keys.get("onFailure");
  if (policy === undefined) part.problem("needs onFailure (allow | forbid): what its failure means has no default");
  const mode = keys.get("mode")?.oneOf(["enforce", "warn", "shadow"]) ?? "enforce";
  const mayChange = keys.get("mayChange");
  return {
    stage: "before",
    timeoutMs: keys.get("timeoutMs")?.whole(least, most) ?? usual,
    mayChange: mayChange === undefined ? [] : readMayChange(mayChange),
    // Without a policy the file is refused anyway; the stricter one stands in until then.
    onFailure: (policy && readFailurePolicy(policy)) ?? { default: "forbid", byKind: {} },
    mode,
    ...readCanary(keys, mode),
    bestEffort: keys.get("bestEffort")?.flag() ?? false,
  };
}

/** `canary: 10`: per cent of the clients. */
function readCanary(keys: Keys, mode: BeforeHandler["mode"]): Pick<BeforeHandler, "canary"> {
  const part = keys.get("canary");
  const canary = part?.number(0.01, 100);
  if (part === undefined || canary === undefined) return {};
  if (mode === "shadow")
    part.problem("says for how many clients it decides, and mode shadow decides for none: leave one out");
  return { canary };
}

function readAfter(keys: Keys, id: string, events: readonly string[]): Own<AfterHandler> {
  const { least, most, usual } = timeouts.after;
  const catchUp = readCatchUp(keys.get("catchUp"), events, keys.get("when"));
  return {
    stage: "after",
    timeoutMs: keys.get("timeoutMs")?.whole(least, most) ?? usual,
    group: keys.get("group")?.matching(idPattern, idRule) ?? id,
    retry: readRetry(keys.get("retry")),
    ...readOrdered(keys.get("ordered"), catchUp.catchUp),
    ...catchUp,
    ...readSince(keys.get("since")),
  };
}

function readRetry(part: Part | undefined): RetryPolicy {
  if (part === undefined) return defaultRetryPolicy;
  const keys = part.keys(["scheduleMs", "maxAgeMs"]);
  const steps = keys.get("scheduleMs")?.items();
  if (steps?.length === 0 || (steps?.length ?? 0) > 50) keys.get("scheduleMs")?.problem("must list 1 to 50 waits");
  const scheduleMs = steps?.map((step) => step.whole(0, dayMs) ?? 0) ?? defaultRetryPolicy.scheduleMs;
  const maxAgeMs = keys.get("maxAgeMs")?.whole(1000, 14 * dayMs) ?? defaultRetryPolicy.maxAgeMs;
  return { ...defaultRetryPolicy, scheduleMs, maxAgeMs };
}
