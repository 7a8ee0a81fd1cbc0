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

const good = new Set(["allow", "delivered"]);

export function OutcomeBadge({ outcome }: { readonly outcome: string }): JSX.Element {
  const tone: Tone = good.has(outcome) ? "ok" : outcome === "forbid" ? "info" : "bad";
  return (
    <Badge tone={tone} icon={tone === "ok" ? "ok" : tone === "info" ? "pause" : "bad"}>
      {outcome}
    </Badge>
  );
}

export function lagText(lag: NonNullable<HandlerRow["lag"]>): string {
  const age = lag.oldestMs === null || lag.records === 0 ? "" : `, oldest ${duration(lag.oldestMs)}`;
  return lag.records === 0 ? "none" : `${lag.records}${age}`;
}
