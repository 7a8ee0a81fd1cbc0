import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Pool } from "../model/breaker-state.ts";
import type { Occupancy } from "../model/occupancy.ts";
import { TallyCounter, TallyHistogram } from "./tallies.ts";

/** The metrics of the bridge but for the gauges of its stages (bridge/after-gauges.ts, bridge/before-stage.ts), by the names under which Prometheus sees them (docs/metrics.md). Labels are bounded: ids of handlers, groups and events. */

const prefix = "provisioning_bridge_";

/** Seconds; verdicts live between a few milliseconds and five seconds. */
const verdictBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5];
const attemptBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const delayBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 1800, 3600, 21_600, 86_400];

export class Metrics {
  readonly #registry = new Registry();
  readonly #sources: (() => Promise<readonly object[]>)[] = [];
  readonly #occupancies = new Map<Pool, () => readonly Occupancy[]>();

  readonly requests: TallyCounter<"event" | "decision" | "decided_by"> = this.#tally(
    "requests_total",
    "Requests answered, by verdict.",
    ["event", "decision", "decided_by"],
  );
  readonly requestEnds: TallyCounter<"end"> = this.#tally("request_ends_total", "How requests ended for the bridge.", [
    "end",
  ]);
  readonly requestPauses: Counter<"reason"> = this.#counter(
    "request_pauses_total",
    "How often no more requests were fetched for a while.",
    ["reason"],
  );
  readonly requestSeconds: TallyHistogram<"event"> = this.#histogram(
    "request_seconds",
    "From a request's receipt to its acknowledged reply.",
    ["event"],
    verdictBuckets,
  );
  readonly handlerOutcomes: TallyCounter<"handler" | "stage" | "outcome"> = this.#tally(
    "handler_outcomes_total",
    "Calls of handlers, by how they ended.",
    ["handler", "stage", "outcome"],
  );
  readonly handlerSeconds: TallyHistogram<"handler" | "stage"> = this.#histogram(
    "handler_seconds",
    "Duration of handler calls.",
    ["handler", "stage"],
    attemptBuckets,
  );
  /** 0 closed, 1 half-open, 2 open. */
  readonly breakerState: Gauge<"handler" | "stage"> = this.#gauge(
    "breaker_state",
    "A handler's breaker: 0 closed, 1 half-open, 2 open.",
    ["handler", "stage"],
  );
  readonly breakerOpens: Counter<"handler" | "stage"> = this.#counter(
    "breaker_opens_total",
    "How often a handler's breaker opened.",
    ["handler", "stage"],
  );
  readonly shadowVerdicts: Counter<"handler" | "field" | "result"> = this.#counter(
    "shadow_verdicts_total",
    "Verdicts of shadows against the enforced ones, by field.",
    ["handler", "field", "result"],
  );
  readonly shadowsSkipped: Counter<"handler"> = this.#counter(
    "shadows_skipped_total",
    "Shadows not asked because too many were in flight.",
    ["handler"],
  );
  readonly clockSkewSeconds: Gauge = this.#gauge(
    "clock_skew_seconds",
    "By how much the newest skewed request came from the future.",
    [],
  );
  readonly heartbeatFailures: Counter<never> = this.#counter(
    "heartbeat_failures_total",
    "Heartbeats that could not be written.",
    [],
  );
  readonly statusFailures: Counter<never> = this.#counter(
    "instance_status_failures_total",
    "Statuses of the instance that could not be written.",
    [],
  );
  readonly handlerRecordsPassedOver: Counter<"reason"> = this.#counter(
    "handler_records_passed_over_total",
    "Records of the log of handlers that count for nothing.",
    ["reason"],
  );
  readonly decisionsDropped: Counter<"reason"> = this.#counter(
    "decisions_dropped_total",
    "Decisions that are missing on the topic of decisions.",
    ["reason"],
  );
  readonly executionsDropped: Counter<"reason"> = this.#counter(
    "executions_dropped_total",
    "Calls of handlers that are missing on the topic of executions.",
    ["reason"],
  );
  readonly factEnds: TallyCounter<"group" | "end"> = this.#tally(
    "fact_ends_total",
    "Facts settled, by how they ended.",
    ["group", "end"],
  );
  readonly deliveryDelaySeconds: TallyHistogram<"group"> = this.#histogram(
    "delivery_delay_seconds",
    "From an event's own time to its delivery.",
    ["group"],
    delayBuckets,
  );
  readonly deadLetters: Counter<"group" | "handler" | "reason"> = this.#counter(
    "dead_letters_total",
    "Facts given up and written to the dead letters.",
    ["group", "handler", "reason"],
  );
  readonly recordsLost: Counter<"group"> = this.#counter(
    "records_lost_total",
    "Records that were gone before their group read them (each range is a dead letter of reason gap).",
    ["group"],
  );
  readonly poison: Counter<"stage" | "reason"> = this.#counter("poison_total", "Records that can never be decoded.", [
    "stage",
    "reason",
  ]);
  readonly haltedTries: Counter<"group"> = this.#counter(
    "dead_letter_write_failures_total",
    "Dead letters that could not be written yet.",
    ["group"],
  );
  readonly registryWaits: Counter<"group"> = this.#counter(
    "registry_waits_total",
    "Facts that wait because the registry is away.",
    ["group"],
  );
  readonly attempts: TallyCounter<"group" | "class"> = this.#tally(
    "delivery_attempts_total",
    "Attempts to deliver a fact, by what they came to.",
    ["group", "class"],
  );
  readonly brakes: Counter<"group" | "handler"> = this.#counter(
    "brakes_total",
    "How often a group stopped because of dead letters in a row.",
    ["group", "handler"],
  );
  readonly stalls: Counter<"group" | "reason"> = this.#counter(
    "stalls_total",
    "Reports of a fact that could be tried and was not for long.",
    ["group", "reason"],
  );
  readonly factsRepeated: Counter<"group"> = this.#counter(
    "facts_repeated_total",
    "Records that came again while they were in flight or settled: passed over.",
    ["group"],
  );
  readonly keysParked: Counter<"group" | "reason"> = this.#counter(
    "keys_parked_total",
    "Stuck keys that were parked.",
    ["group", "reason"],
  );
  readonly factsParked: Counter<"group"> = this.#counter("facts_parked_total", "Facts copied to the parked topic.", [
    "group",
  ]);
  readonly parkFailures: Counter<"group"> = this.#counter(
    "park_failures_total",
    "Tries to write or read parked facts that failed.",
    ["group"],
  );
  readonly pauses: Counter<"group" | "reason"> = this.#counter(
    "partition_pauses_total",
    "Partitions paused for back-pressure.",
    ["group", "reason"],
  );

  /** `processWide`: also the figures of the process and the Node runtime; one thread of a process shows them [true]. */
  constructor({ processWide = true }: { readonly processWide?: boolean } = {}) {
    if (processWide) collectProcessMetrics(this.#registry);
    const calls: Gauge<"handler" | "stage" | "state"> = new Gauge({
      name: `${prefix}handler_calls`,
      help: "Calls of handlers that are under way, or wait for a place or for their rate limit.",
      labelNames: ["handler", "stage", "state"],
      registers: [this.#registry],
      collect: () => {
        calls.reset();
        for (const [stage, read] of this.#occupancies)
          for (const { handler, inFlight, queued, rateLimited } of read()) {
            calls.set({ handler, stage, state: "in-flight" }, inFlight);
            calls.set({ handler, stage, state: "queued" }, queued);
            calls.set({ handler, stage, state: "rate-limited" }, rateLimited);
          }
      },
    });
  }

  /** How busy each handler is, read when it is scraped; once for each pool. */
  observeOccupancy(pool: Pool, read: () => readonly Occupancy[]): void {
    this.#occupancies.set(pool, read);
  }

  /** Figures of another thread, summed with these whenever they are exposed. */
  addSource(source: () => Promise<readonly object[]>): void {
    this.#sources.push(source);
  }

  async asJson(): Promise<readonly object[]> {
    return this.#registry.getMetricsAsJSON();
  }

  /** A gauge whose value is read when it is scraped. */
  observeGauge(
    name: string,
    help: string,
    label: string | null,
    read: () => Iterable<readonly [string, number]>,
  ): void {
    const gauge = new Gauge({
      name: prefix + name,
      help,
      labelNames: label === null ? [] : [label],
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        for (const [value, count] of read()) {
          if (label === null) gauge.set(count);
          else gauge.set({ [label]: value }, count);
        }
      },
    });
  }

  async expose(): Promise<{ readonly contentType: string; readonly text: string }> {
    const { contentType } = this.#registry;
    if (this.#sources.length === 0) return { contentType, text: await this.#registry.metrics() };
    const all = await Promise.all([this.asJson(), ...this.#sources.map((source) => source())]);
    return { contentType, text: await AggregatorRegistry.aggregate([...all]).metrics() };
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name: prefix + name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  #gauge<L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> {
    return new Gauge({ name: prefix + name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  /** For what happens with every event. */
  #tally<L extends string>(name: string, help: string, labelNames: readonly L[]): TallyCounter<L> {
    return new TallyCounter({ name: prefix + name, help, labelNames, registry: this.#registry });
  }

  #histogram<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    bounds: readonly number[],
  ): TallyHistogram<L> {
    return new TallyHistogram({ name: prefix + name, help, labelNames, bounds, registry: this.#registry });
  }
}

/**
 * What prom-client tells of every process, but for the spread of the event loop's lag: to measure it the process would wake a
 * hundred times a second, and `event_loop_lag_seconds` tells its worst.
 */
function collectProcessMetrics(register: Registry): void {
  collectDefaultMetrics({ register, prefix, eventLoopMonitoringPrecision: 2 ** 31 - 1 });
  for (const figure of ["min", "max", "mean", "stddev", "p50", "p90", "p99"])
    register.removeSingleMetric(`${prefix}nodejs_eventloop_lag_${figure}_seconds`);
}
