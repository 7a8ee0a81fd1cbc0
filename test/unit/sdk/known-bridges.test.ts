import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { KnownBridges } from "../../../src/sdk/known-bridges.ts";

const windowMs = 2000;
const beatMs = 500;
const nothing: ReadonlySet<string> = new Set();
const some: ReadonlySet<string> = new Set(["clients.update"]);

/** Beats of an instance that started at time 0, from `fromMs` to `toMs`, each `delayMs` on its way. */
function hearBeats(
  known: KnownBridges,
  instance: string,
  eventIds: ReadonlySet<string> | null,
  [fromMs, toMs]: readonly [number, number],
  delayMs = 5,
): void {
  for (let at = fromMs; at <= toMs; at += beatMs) known.hear({ instance, uptimeMs: at, eventIds }, at + delayMs);
}

describe("what is known of the bridges", () => {
  it("skips nothing before any was heard", () => {
    assert.equal(new KnownBridges(windowMs).noneHas("clients.update", 1e9), false);
  });

  it("skips only after listening for a whole window: another instance may not have spoken yet", () => {
    const known = new KnownBridges(windowMs);
    hearBeats(known, "a", nothing, [0, 2500]);
    assert.equal(known.noneHas("clients.update", 2004), false);
    assert.equal(known.noneHas("clients.update", 2505), true);
  });

  it("remembers a bounded number of instances, and asks while there are more", () => {
    const known = new KnownBridges(windowMs);
    hearBeats(known, "a", nothing, [0, 3000]);
    assert.equal(known.noneHas("clients.update", 3100), true);
    for (let at = 0; at < 5000; at++) known.hear({ instance: `x${at}`, uptimeMs: at, eventIds: nothing }, 3100);
    known.hear({ instance: "late", uptimeMs: 1, eventIds: some }, 3100);
    assert.equal(known.noneHas("clients.update", 3200), false);
    // They fell silent: they are forgotten once somebody new is heard long after.
    const laterMs = 3100 + 101 * windowMs;
    for (let at = 0; at <= 3000; at += beatMs) {
      known.hear({ instance: "b", uptimeMs: at, eventIds: nothing }, laterMs + at);
    }
    assert.equal(known.noneHas("clients.update", laterMs + 3000), true);
  });

  it("asks where one of several has a handler, and skips for other events", () => {
    const known = new KnownBridges(windowMs);
    for (let at = 0; at <= 3000; at += beatMs) {
      known.hear({ instance: "a", uptimeMs: at, eventIds: nothing }, at);
      known.hear({ instance: "b", uptimeMs: at, eventIds: some }, at);
    }
    assert.equal(known.noneHas("clients.update", 3100), false);
    assert.equal(known.noneHas("clients.delete", 3100), true);
  });

  it("asks where one cannot be understood", () => {
    const known = new KnownBridges(windowMs);
    hearBeats(known, "a", nothing, [0, 3000]);
    known.hear({ instance: "b", uptimeMs: null, eventIds: null }, 3050);
    assert.equal(known.noneHas("clients.update", 3100), false);
    hearBeats(known, "a", nothing, [3500, 6000]);
    assert.equal(known.noneHas("clients.update", 6010), true, "until it has been silent for the window");
  });

  it("forgets one that died after the window, and one that said good-bye at once", () => {
    const known = new KnownBridges(windowMs);
    hearBeats(known, "a", nothing, [0, 3000]);
    assert.equal(known.noneHas("clients.update", 4990), true);
    assert.equal(known.noneHas("clients.update", 5010), false);
    hearBeats(known, "b", nothing, [6000, 9000]);
    assert.equal(known.noneHas("clients.update", 9010), true);
    known.forget("b");
    assert.equal(known.noneHas("clients.update", 9010), false);
  });

  it("after a gap it listens for a whole window again", () => {
    const known = new KnownBridges(windowMs);
    hearBeats(known, "a", nothing, [0, 3000]);
    hearBeats(known, "a", nothing, [8000, 9500]);
    assert.equal(known.noneHas("clients.update", 9600), false);
    hearBeats(known, "a", nothing, [10_000, 10_000]);
    assert.equal(known.noneHas("clients.update", 10_010), true);
  });

  it("takes beats that were held up for as old as they are", () => {
    const known = new KnownBridges(windowMs);
    hearBeats(known, "a", nothing, [0, 3000]);
    // The connection hung: what was written up to 6000 is read at once at 4900 (nothing yet), then at 9000.
    hearBeats(known, "b", nothing, [3000, 9000]);
    for (let at = 3500; at <= 6000; at += beatMs) known.hear({ instance: "a", uptimeMs: at, eventIds: nothing }, 9000);
    known.forget("b");
    assert.equal(known.noneHas("clients.update", 9010), false);
  });

  it("is not misled by a clock that runs slowly, for days", () => {
    const known = new KnownBridges(windowMs);
    let now = 0;
    for (let beat = 0; beat < 400_000; beat++) {
      now = beat * beatMs;
      known.hear({ instance: "a", uptimeMs: now * 0.9999, eventIds: nothing }, now);
    }
    assert.equal(known.noneHas("clients.update", now + 10), true);
  });
});

describe("whatever is heard in whatever order", () => {
  const instances = ["a", "b", "c"] as const;
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(700) }) },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant("hear" as const),
        instance: fc.constantFrom(...instances),
        heldMs: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5000) }),
        // Mostly none, or hardly anything would ever be skipped and the property would hold of nothing.
        eventIds: fc.oneof(
          { weight: 12, arbitrary: fc.constant(nothing) },
          { weight: 1, arbitrary: fc.constant(some) },
          { weight: 1, arbitrary: fc.constant(null) },
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("forget" as const), instance: fc.constantFrom(...instances) }),
    },
  );

  it("never skips when one heard within the window has, or may have, a handler; nor on stale knowledge", () => {
    let skips = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        const known = new KnownBridges(windowMs);
        const last = new Map<string, { heardMs: number; eventIds: ReadonlySet<string> | null }>();
        let now = 10_000;
        let firstMs = Infinity;
        for (const current of steps) {
          if (current.kind === "wait") now += current.ms;
          else if (current.kind === "forget") {
            known.forget(current.instance);
            last.delete(current.instance);
          } else {
            const { eventIds, heldMs, instance } = current;
            known.hear({ instance, uptimeMs: eventIds === null ? null : now - heldMs, eventIds }, now);
            last.set(instance, { heardMs: now, eventIds });
            firstMs = Math.min(firstMs, now);
          }
          if (!known.noneHas("clients.update", now)) continue;
          skips++;
          const fresh = [...last.values()].filter(({ heardMs }) => now - heardMs <= windowMs);
          assert.ok(fresh.length > 0, "nobody was heard within the window");
          assert.ok(fresh.every(({ eventIds }) => eventIds !== null && !eventIds.has("clients.update")));
          assert.ok(now - firstMs >= windowMs, "it has not listened for a whole window");
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(skips > 100, `only ${skips} skips were seen`);
  });
});
