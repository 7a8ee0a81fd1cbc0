import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { BillingClient } from "../../../src/sdk/client-options.ts";
import type { EventDataById } from "../../../src/sdk/generated/events.ts";
import type { OnSilence, RequestVerdict } from "../../../src/sdk/request-verdict.ts";
import { nowMs } from "./said.ts";
import type { StallMeter } from "./stall-meter.ts";

type ClientData = EventDataById["clients.update"];

/** How much is asked, and how. Requests go out at their times, whatever became of those before. */
export interface Load {
  /** Stands in `reg_id`, by which conditions of handlers route, and in the name of every operation. */
  readonly scenario: string;
  readonly requests: number;
  readonly perSecond: number;
  readonly deadlineMs: number;
}

/** What the core asked. */
export interface Asked {
  readonly operationId: string;
  readonly ceId: string;
  readonly data: ClientData;
  readonly deadlineMs: number;
  readonly onSilence: OnSilence;
}

/** What the core had of it in the end, by a clock of our own. */
export interface Observed {
  readonly asked: Asked;
  readonly verdict: RequestVerdict<ClientData>;
  /** From the call to its end, milliseconds. */
  readonly tookMs: number;
  /** By how much it outlasted its deadline, less what our own event loop stood still meanwhile. */
  readonly pastDeadlineMs: number;
  /** When it had its verdict, milliseconds since 1970. */
  readonly atMs: number;
}

/** Asks as many as the load says, and goes on until `isOver`: what strikes meanwhile takes as long as the machine needs. */
export async function runLoad(
  core: BillingClient,
  load: Load,
  meter: StallMeter,
  isOver: () => boolean,
): Promise<readonly Observed[]> {
  const startMs = performance.now();
  // A scenario may be run again.
  const run = randomUUID().slice(0, 8);
  const asking: Promise<Observed>[] = [];
  for (let number = 0; number < load.requests || !isOver(); number++) {
    const waitMs = startMs + (number * 1000) / load.perSecond - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    asking.push(ask(core, askedOf(load, run, number), meter));
  }
  return Promise.all(asking);
}

function askedOf({ deadlineMs, scenario }: Load, run: string, number: number): Asked {
  const operationId = `${scenario}-${run}-${number}`;
  return {
    operationId,
    ceId: `event-${operationId}`,
    deadlineMs,
    onSilence: number % 2 === 0 ? "allow" : "forbid",
    data: {
      id: 1 + (number % 500),
      name: `client ${number}`,
      c_company: "as sent",
      orig_capacity: number % 100,
      credit: "100.25",
      payment_terms_id: 3,
      reg_id: scenario,
    },
  };
}

async function ask(core: BillingClient, asked: Asked, meter: StallMeter): Promise<Observed> {
  const { ceId, data, deadlineMs, onSilence, operationId } = asked;
  const startMs = performance.now();
  const verdict = await core.request({ id: "clients.update", data, ceId }, { deadlineMs, onSilence, operationId });
  const endMs = performance.now();
  const atMs = nowMs();
  const dueMs = startMs + deadlineMs;
  const pastDeadlineMs = endMs <= dueMs ? 0 : Math.max(0, endMs - dueMs - meter.within(dueMs, endMs));
  return { asked, verdict, tookMs: endMs - startMs, pastDeadlineMs, atMs };
}
