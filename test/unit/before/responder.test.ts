import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { allowVerdictFor, anEvent, FakeRequests, record } from "../../support/fake-requests.ts";

describe("the responder to requests", () => {
  it("replies what the chain decided, and commits only after the reply is acknowledged", async () => {
    const world = new FakeRequests();
    world.holdReplies();
    world.responder.accept([record(0)]);
    await world.clock.advance(500);
    assert.deepEqual(world.commits, []);
    world.releaseReplies();
    await world.clock.advance(500);
    assert.deepEqual(
      world.replies.map(({ verdict }) => verdict.decidedBy),
      ["handler"],
    );
    assert.deepEqual(world.commits, [{ topic: "t", partition: 0, offset: 1, metadata: null }]);
    assert.deepEqual(world.ends, ["replied"]);
  });

  it("tells when each step was done, and what was read", async () => {
    const world = new FakeRequests();
    world.read = async () => {
      await new Promise<void>((resolve) => void world.clock.after(5, resolve));
      return anEvent;
    };
    world.holdDecisions();
    world.holdReplies();
    world.responder.accept([record(0)]);
    await world.clock.advance(25);
    world.releaseDecisions();
    await world.clock.advance(15);
    world.releaseReplies();
    await world.clock.advance(1);
    const receivedAtMs = record(0).timestampMs;
    assert.deepEqual(world.steps, [{ receivedAtMs, event: anEvent.event, readMs: 5, decidedMs: 25, ms: 40 }]);
  });

  it("tells that a request was not read", async () => {
    const world = new FakeRequests();
    world.read = () => Promise.resolve({ kind: "registry-away", detail: "connection refused" });
    world.responder.accept([record(0)]);
    await world.clock.advance(1);
    assert.deepEqual(
      world.steps.map(({ event, readMs }) => [event, readMs]),
      [[null, null]],
    );
  });

  it("answers a request whose time is over without reading it", async () => {
    const world = new FakeRequests();
    world.responder.accept([record(0, { timestampMs: world.clock.epochMs() - 2000 })]);
    await world.clock.advance(1);
    assert.deepEqual(
      world.replies.map(({ verdict }) => [verdict.decision, verdict.decidedBy]),
      [["undecided", "expired"]],
    );
    assert.equal(world.reads, 0);
  });

  it("answers past its bound at once, without reading: undecided, overload", async () => {
    const world = new FakeRequests({ inFlight: 2 });
    world.holdDecisions();
    world.responder.accept([record(0), record(1), record(2)]);
    await world.clock.advance(1);
    assert.deepEqual(
      world.replies.map(({ verdict }) => verdict.decidedBy),
      ["overload"],
    );
    world.releaseDecisions();
    await world.clock.advance(1);
    assert.deepEqual(
      world.replies.map(({ verdict }) => verdict.decidedBy),
      ["overload", "handler", "handler"],
    );
  });

  it("refuses at once what it could not answer in time because everything here is late, and only that", async () => {
    const world = new FakeRequests();
    world.lagMs = 900;
    const old = { timestampMs: world.clock.epochMs() - 300 };
    world.responder.accept([record(0), record(1, old)]);
    await world.clock.advance(1);
    // Of 1500 ms the bridge has 1200 at receipt, of what was sent 300 ms ago 900: exactly the lag.
    assert.deepEqual(
      world.replies.map(({ verdict }) => verdict.decidedBy),
      ["handler", "handler"],
    );
    world.lagMs = 901;
    world.responder.accept([record(2), record(3, old)]);
    await world.clock.advance(1);
    assert.deepEqual(
      world.replies
        .slice(2)
        .map(({ offset, verdict }) => [offset, verdict.decidedBy])
        .sort(),
      [
        [2, "handler"],
        [3, "overload"],
      ],
    );
    assert.equal(world.reads, 3);
  });

  it("answers unreadable for poison, for a registry that is away, and for one that never answers", async () => {
    const world = new FakeRequests();
    world.read = () => Promise.resolve({ kind: "poison", reason: "undecodable", detail: "cut short" });
    world.responder.accept([record(0)]);
    await world.clock.advance(1);
    world.read = () => Promise.resolve({ kind: "registry-away", detail: "connection refused" });
    world.responder.accept([record(1)]);
    await world.clock.advance(1);
    world.read = () => new Promise(() => undefined);
    world.responder.accept([record(2)]);
    await world.clock.advance(1190);
    assert.equal(world.replies.length, 2);
    await world.clock.advance(10);
    assert.deepEqual(
      world.replies.map(({ verdict }) => [verdict.decidedBy, verdict.reason?.message]),
      [
        ["unreadable", "undecodable: cut short"],
        ["unreadable", "connection refused"],
        ["unreadable", "the schema could not be had in time"],
      ],
    );
  });

  it("settles what nobody can be answered about, naming why: no value, no reply target", async () => {
    const world = new FakeRequests();
    world.refusal = (at) => (at.offset === 1 ? "no header kafka_replyTopic" : null);
    world.responder.accept([record(0, { value: null }), record(1)]);
    await world.clock.advance(500);
    assert.deepEqual(world.ends, ["tombstone", "no-reply-target"]);
    assert.deepEqual(world.replies, []);
    assert.equal(world.commits.at(-1)?.offset, 2);
  });

  it("settles a request whose reply could not be written: the core's own clock has decided", async () => {
    const world = new FakeRequests();
    world.failReplies();
    world.responder.accept([record(0)]);
    await world.clock.advance(500);
    assert.deepEqual(world.ends, ["reply-failed"]);
    assert.deepEqual(world.unsent, ["no broker"]);
    assert.equal(world.commits.at(-1)?.offset, 1);
  });

  it("survives a defect of its own: the record is settled and the next one answered", async () => {
    const world = new FakeRequests();
    world.read = () => Promise.reject(new Error("bug"));
    world.responder.accept([record(0)]);
    await world.clock.advance(1);
    world.read = null;
    world.responder.accept([record(1)]);
    await world.clock.advance(500);
    assert.deepEqual(world.ends, ["defect", "replied"]);
    assert.equal(world.commits.at(-1)?.offset, 2);
  });

  it("takes a re-delivered request that is in flight or settled for what it is: nothing", async () => {
    const world = new FakeRequests();
    world.holdDecisions();
    world.responder.accept([record(0)]);
    world.responder.accept([record(0)]);
    world.releaseDecisions();
    await world.clock.advance(1);
    world.responder.accept([record(0)]);
    await world.clock.advance(1);
    assert.equal(world.replies.length, 1);
  });

  it("drops what it held of a lost partition, and ignores records of partitions it does not own", async () => {
    const world = new FakeRequests();
    world.holdDecisions();
    world.responder.accept([record(0)]);
    world.responder.assigned([]);
    world.responder.accept([record(1)]);
    world.releaseDecisions();
    await world.clock.advance(500);
    assert.equal(world.replies.length, 1, "what was under way is still answered: the first verdict wins");
    assert.deepEqual(world.commits, [], "but nothing of it is committed");
  });

  it("commits again what a failed commit did not", async () => {
    const world = new FakeRequests();
    world.failNextCommit();
    world.responder.accept([record(0)]);
    await world.clock.advance(1000);
    assert.equal(world.commits.length, 1);
  });

  it("reports a request from the future", async () => {
    const world = new FakeRequests();
    world.responder.accept([record(0, { timestampMs: world.clock.epochMs() + 80 })]);
    await world.clock.advance(1);
    assert.deepEqual(world.skews, [80]);
  });

  const large = { value: Buffer.alloc(9000 - 1024) };

  it("pauses all it owns while what is in flight holds too many bytes, until half of them are answered", async () => {
    const world = new FakeRequests({ inFlightBytes: 20_000 });
    world.holdDecisions();
    world.responder.assigned([
      { topic: "t", partition: 0 },
      { topic: "t", partition: 1 },
    ]);
    world.responder.accept([record(0, large), record(1, large)]);
    await world.clock.advance(1);
    assert.deepEqual(world.pauses, []);
    world.responder.accept([record(2, large), record(3, large)]);
    await world.clock.advance(1);
    assert.deepEqual(world.pauses, ["paused bytes 27000"], "once, whatever still comes of a fetch");
    assert.deepEqual(world.paused, ["t/0", "t/1"]);
    assert.equal(world.responder.inFlightBytes, 36_000, "and what comes is answered all the same");
    for (let answered = 0; answered < 2; answered++) world.finishOne(0, allowVerdictFor);
    await world.clock.advance(1);
    assert.deepEqual(world.resumed, []);
    world.finishOne(0, allowVerdictFor);
    await world.clock.advance(1);
    assert.deepEqual(world.resumed, ["t/0", "t/1"]);
    assert.deepEqual(world.pauses, ["paused bytes 27000", "resumed 9000"]);
    world.releaseDecisions();
    await world.clock.advance(1);
    assert.equal(world.responder.inFlightBytes, 0);
    assert.equal(world.replies.length, 4);
  });

  it("pauses what it gains while it holds too many bytes", () => {
    const world = new FakeRequests({ inFlightBytes: 9000 });
    world.holdDecisions();
    world.responder.accept([record(0, large)]);
    world.responder.assigned([{ topic: "t", partition: 7 }]);
    assert.deepEqual(world.paused, ["t/0", "t/7"]);
  });

  it("resumes nothing once it drains, though what it held is answered", async () => {
    const world = new FakeRequests({ inFlightBytes: 9000 });
    world.holdDecisions();
    world.responder.accept([record(0, large)]);
    const drained = world.responder.drain(3000);
    world.releaseDecisions();
    await world.clock.until(drained);
    assert.deepEqual(world.resumed, []);
    assert.equal(world.commits.at(-1)?.offset, 1);
  });

  it("drains: takes nothing more, answers what is under way, commits, and does not wait for ever", async () => {
    const world = new FakeRequests();
    world.holdDecisions();
    world.responder.accept([record(0)]);
    const drained = world.responder.drain(3000);
    world.responder.accept([record(1)]);
    world.releaseDecisions();
    await world.clock.until(drained);
    assert.deepEqual(world.paused, ["t/0"]);
    assert.equal(world.replies.length, 1);
    assert.equal(world.commits.at(-1)?.offset, 1);
    assert.equal(world.clock.pendingTimers, 0);

    const stuck = new FakeRequests();
    stuck.holdDecisions();
    stuck.responder.accept([record(0)]);
    const beforeMs = stuck.clock.monotonicMs();
    await stuck.clock.until(stuck.responder.drain(3000));
    assert.equal(stuck.clock.monotonicMs() - beforeMs, 3000);
    assert.deepEqual(stuck.commits, []);
  });

  it("ends every request exactly once and never commits past one that has not ended", async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant("accept" as const), count: fc.integer({ min: 1, max: 3 }) }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("finish" as const), at: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.nat(400) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("again" as const), from: fc.nat() }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new FakeRequests();
        world.holdDecisions();
        let next = 0;
        for (const current of steps) {
          if (current.kind === "accept")
            world.responder.accept(Array.from({ length: current.count }, () => record(next++)));
          else if (current.kind === "finish") world.finishOne(current.at, allowVerdictFor);
          else if (current.kind === "time") await world.clock.advance(current.ms);
          else if (next > 0) world.responder.accept([record(current.from % next)]);
          const ended = new Set(world.replies.map(({ offset }) => offset));
          assert.equal(ended.size, world.replies.length);
          for (const { offset } of world.commits) for (let at = 0; at < offset; at++) assert.ok(ended.has(at));
        }
        world.releaseDecisions();
        await world.clock.advance(1000);
        assert.equal(world.replies.length, next);
        assert.equal(world.commits.at(-1)?.offset ?? 0, next);
      }),
      { numRuns: 60 },
    );
  });
});
