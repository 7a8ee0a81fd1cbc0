import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ExecutionRow } from "../../../src/admin/contract/executions.ts";
import { LiveStreams } from "../../../src/admin/live/streams.ts";
import type { LiveSource } from "../../../src/admin/ports.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const all = { names: null, handler: null, untilMs: null };

const row = (id: string, handler = "crm"): ExecutionRow => ({
  ...{
    id,
    at: "2026-01-01T00:00:00.000Z",
    event: "clients.update",
    stage: "after",
    status: "success",
    outcome: "delivered",
  },
  ...{ handler, objectId: "1", client: "1", said: "x".repeat(1000), ms: 1, attempt: 1 },
});

class Source implements LiveSource {
  listeners = 0;
  subscribe(): () => void {
    this.listeners++;
    return () => {
      this.listeners--;
    };
  }
}

describe("streams of live events", () => {
  test("tell each what it wants, and nothing else", () => {
    const streams = new LiveStreams(new Source(), new FakeClock());
    const everything = streams.open(all);
    const replays = streams.open({ ...all, names: new Set(["replay"]) });
    const ofOne = streams.open({ ...all, handler: "erp" });
    streams.tell("execution", row("1"));
    streams.tell("handlers", { revision: 7 });
    const text = (stream: typeof everything): string => (stream.read() as Buffer).toString();
    assert.match(
      text(everything),
      /event: execution\ndata: \{"id":"1"[^\n]*\n\nevent: handlers\ndata: \{"revision":7\}\n\n$/,
    );
    assert.equal(text(replays), ": open\nretry: 2000\n\n");
    assert.match(text(ofOne), /^: open\nretry: 2000\n\nevent: handlers\n/);
    streams.close();
  });

  test("hold 256 KiB for who does not read, drop the rest, and say how much was missed once it reads again", () => {
    const streams = new LiveStreams(new Source(), new FakeClock());
    const stream = streams.open(all);
    for (let count = 0; count < 5000; count++) streams.tell("execution", row(String(count)));
    assert.ok(stream.readableLength <= 262_144);
    const first = (stream.read() as Buffer).toString();
    const told = [...first.matchAll(/^event: execution$/gm)].length;
    streams.tell("execution", row("after"));
    const then = (stream.read() as Buffer).toString();
    assert.equal(then.match(/^event: missed\ndata: \{"count":(\d+)\}$/m)?.[1], String(5000 - told));
    assert.match(then, /"id":"after"/);
    streams.close();
  });

  test("are kept open by a comment, and end after 15 minutes or with the token", async () => {
    const clock = new FakeClock();
    const streams = new LiveStreams(new Source(), clock);
    const long = streams.open(all);
    const short = streams.open({ ...all, untilMs: clock.epochMs() + 30_000 });
    for (const stream of [long, short]) stream.resume();
    const ends: string[] = [];
    long.once("end", () => ends.push("long"));
    short.once("end", () => ends.push("short"));
    await clock.advance(31_000);
    assert.deepEqual(ends, ["short"]);
    await clock.advance(900_000);
    assert.deepEqual(ends, ["short", "long"]);
    assert.equal(clock.pendingTimers, 0);
  });

  test("are 64 at most, and listen only while somebody reads", async () => {
    const clock = new FakeClock();
    const source = new Source();
    const streams = new LiveStreams(source, clock);
    const open = Array.from({ length: 64 }, () => streams.open(all));
    assert.equal(source.listeners, 1);
    assert.throws(() => streams.open(all), { code: "TOO_MANY" });
    for (const stream of open) stream.destroy();
    await new Promise(setImmediate);
    assert.equal(source.listeners, 0);
    assert.equal(clock.pendingTimers, 0);
    streams.open(all);
    streams.close();
    assert.equal(source.listeners, 0);
    assert.throws(() => streams.open(all), { code: "TOO_MANY" });
  });
});
