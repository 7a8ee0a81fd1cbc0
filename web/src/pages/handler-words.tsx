import type { JSX } from "preact";
import type { HandlerRow, Status } from "../api/types.ts";
import { duration } from "../text/numbers.ts";
import { Badge, type Tone } from "../ui/parts.tsx";

/** How states of a handler are shown everywhere. */

const breakers = {
  closed: ["ok", "ok", "closed", "Calls pass"],
  "half-open": ["warn", "clock", "half-open", "One call at a time probes whether it is well again"],
  open: ["bad", "bad", "open", "It failed too often: nothing is called until the next probe"],
} as const;

export function Breaker({ state }: { readonly state: HandlerRow["breaker"] }): JSX.Element {
  if (state === null) return <span class="quiet">unknown</span>;
  const [tone, icon, word, about] = breakers[state];
  return (
    <Badge tone={tone} icon={icon} title={about}>
      {word}
    </Badge>
  );
}

const statuses = {
  enabled: ["ok", "ok"],
  disabled: ["warn", "pause"],
  archived: ["quiet", "archive"],
} as const;

export function StatusBadge({ status }: { readonly status: Status }): JSX.Element {
  const [tone, icon] = statuses[status];
  return (
    <Badge tone={tone} icon={icon}>
      {status}
    </Badge>
  );
}

export function StageBadge({ row }: { readonly row: Pick<HandlerRow, "stage" | "mode"> }): JSX.Element {
  return (
    <span class={`stage ${row.stage}`}>
      {row.stage}
      {row.mode !== null && row.mode !== "enforce" && <span class="mode">{row.mode}</span>}
    </span>
  );
}

/** Kinds of failure, each of which may be decided apart before the event (docs/handlers.md). */
export const failureKinds = [
  ["unreachable", "no connection"],
  ["timeout", "no answer in time"],
  ["status", "an HTTP status that is not 2xx"],
  ["bad-answer", "not one of the documented answers"],
  ["too-large", "more than 256 KiB"],
  ["not-permitted", "it changes what it may not"],
  ["invalid", "its change does not fit the schema"],
  ["condition", "when cannot be evaluated"],
  ["exit", "exit code of a script"],
  ["killed", "a script was killed"],
  ["breaker-open", "it failed too often"],
  ["overload", "too many calls at once"],
  ["no-budget", "too little time is left"],
  ["internal", "a defect of the bridge"],
] as const;

const endings: Readonly<Record<string, string>> = {
  ...Object.fromEntries(failureKinds),
  allow: "it has no objection",
  forbid: "it does not want the change",
  delivered: "it has the event",
  cancelled: "nobody needed its answer any more",
  "no-match": "its condition is false: it is not called",
};

/** How a call may end. */
export const outcomes: readonly string[] = Object.keys(endings).filter((outcome) => outcome !== "no-match");

const good = new Set(["allow", "delivered"]);
const neutral = new Set(["forbid", "cancelled", "no-match"]);

export function toneOf(outcome: string): Tone {
  return good.has(outcome) ? "ok" : neutral.has(outcome) ? "info" : "bad";
}

export function OutcomeBadge({ outcome }: { readonly outcome: string }): JSX.Element {
  const tone = toneOf(outcome);
  const about = endings[outcome];
  return (
    <Badge
      tone={tone}
      icon={tone === "ok" ? "ok" : tone === "info" ? "pause" : "bad"}
      {...(about === undefined ? {} : { title: about })}
    >
      {outcome}
    </Badge>
  );
}

export function lagText(lag: NonNullable<HandlerRow["lag"]>): string {
  const age = lag.oldestMs === null || lag.records === 0 ? "" : `, oldest ${duration(lag.oldestMs)}`;
  return lag.records === 0 ? "none" : `${lag.records}${age}`;
}
