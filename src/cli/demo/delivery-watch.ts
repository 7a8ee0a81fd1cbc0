import type { AfterObserver } from "../../after/ports.ts";
import type { Handler } from "../../model/handler.ts";
import { lastHeader } from "../../model/record.ts";

/** What became of one event at one handler. */
export interface DeliveryOutcome {
  readonly handler: string;
  attempts: number;
  outcome: string;
  delayMs: number;
}

/** Follows published events, by ce_id, until every group that names them has ended with them. */
export class DeliveryWatch implements AfterObserver {
  readonly #outcomes = new Map<string, Map<string, DeliveryOutcome>>();
  readonly #ended = new Map<string, Set<string>>();
  readonly #handlers: readonly Handler[];
  #changed: () => void = () => undefined;

  constructor(handlers: readonly Handler[]) {
    this.#handlers = handlers;
  }

  outcomes(ceId: string): readonly DeliveryOutcome[] {
    return [...(this.#outcomes.get(ceId)?.values() ?? [])];
  }

  /** Resolves when the event has ended in every group, or after `ms`; says which. */
  async ended(ceId: string, eventId: string, ms: number): Promise<"ended" | "late"> {
    const groups = new Set(
      this.#handlers.flatMap((handler) =>
        handler.stage === "after" && handler.events.includes(eventId) ? [handler.group] : [],
      ),
    );
    const untilMs = performance.now() + ms;
    while ([...groups].some((group) => this.#ended.get(ceId)?.has(group) !== true)) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return "late";
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return "ended";
  }

  attempted: AfterObserver["attempted"] = ({ handler, call, outcome, disposition, delayMs }) => {
    const ceId = call.event.ceId ?? "";
    const ofEvent = this.#outcomes.get(ceId) ?? new Map<string, DeliveryOutcome>();
    this.#outcomes.set(ceId, ofEvent);
    const failure = outcome.kind === "failure" ? (outcome.failure.status ?? outcome.failure.kind) : null;
    const ended =
      disposition.kind === "accept" ? "delivered" : disposition.kind === "retry" ? "failed" : "dead-lettered";
    ofEvent.set(handler.id, {
      handler: handler.id,
      attempts: call.attempt,
      outcome: failure === null ? ended : `${ended} (${failure})`,
      delayMs,
    });
  };

  deadLettered: AfterObserver["deadLettered"] = ({ record, handler, reason }) => {
    const known = this.#outcomes.get(ceIdOf(record.headers))?.get(handler ?? "");
    if (known !== undefined) known.outcome = `dead-lettered (${reason})`;
  };

  settled: AfterObserver["settled"] = (group, _end, record) => {
    const ceId = ceIdOf(record.headers);
    this.#ended.set(ceId, (this.#ended.get(ceId) ?? new Set()).add(group));
    this.#changed();
  };

  halted: AfterObserver["halted"] = () => undefined;
  unread: AfterObserver["unread"] = () => undefined;
  paused: AfterObserver["paused"] = () => undefined;
  resumed: AfterObserver["resumed"] = () => undefined;
  parking: AfterObserver["parking"] = () => undefined;
  parked: AfterObserver["parked"] = () => undefined;
  unparked: AfterObserver["unparked"] = () => undefined;
  parkFailed: AfterObserver["parkFailed"] = () => undefined;
  braked: AfterObserver["braked"] = () => undefined;
  released: AfterObserver["released"] = () => undefined;
  stalled: AfterObserver["stalled"] = () => undefined;
  repeated: AfterObserver["repeated"] = () => undefined;
}

function ceIdOf(headers: Parameters<typeof lastHeader>[0]): string {
  return lastHeader(headers, "ce_id")?.toString() ?? "";
}
