import assert from "node:assert/strict";
import type { LookupAddress } from "node:dns";
import { test } from "node:test";
import { createEgress } from "../../../src/tasks/egress.ts";
import { createLookup, EgressRefusal } from "../../../src/tasks/resolver.ts";
import { FakeClock, settled } from "../../support/fake-clock.ts";

/** A lookup over a resolver whose answers are given by hand. */
function world() {
  const clock = new FakeClock();
  const asked: PromiseWithResolvers<readonly LookupAddress[]>[] = [];
  const lookup = createLookup(
    createEgress([]),
    () => {
      const answer = Promise.withResolvers<readonly LookupAddress[]>();
      asked.push(answer);
      return answer.promise;
    },
    clock,
  );
  /** What a connect gets, as it stands. */
  const connect = (): { address: unknown } => {
    const got: { address: unknown } = { address: null };
    lookup("crm.example.net", {}, (error, address) => {
      got.address = error ?? address;
    });
    return got;
  };
  const answer = async (address: string): Promise<void> => {
    asked.at(-1)?.resolve([{ address, family: 4 }]);
    await settled();
  };
  const fail = async (code: string): Promise<void> => {
    asked.at(-1)?.reject(Object.assign(new Error(code), { code }));
    await settled();
  };
  return { clock, asked, connect, answer, fail };
}

test("a name that was never resolved waits; one resolution is under way however many wait", async () => {
  const { clock, asked, connect, answer } = world();
  const waiting = [connect(), connect()];
  await clock.advance(10_000);
  assert.deepEqual([asked.length, ...waiting.map(({ address }) => address)], [1, null, null]);
  await answer("192.0.2.7");
  assert.deepEqual(
    waiting.map(({ address }) => address),
    ["192.0.2.7", "192.0.2.7"],
  );
});

test("while a resolution hangs a name goes on with its last addresses, after 50 ms and then at once", async () => {
  const { clock, asked, connect, answer } = world();
  connect();
  await answer("192.0.2.7");
  const first = connect();
  await clock.advance(49);
  assert.equal(first.address, null);
  await clock.advance(1);
  assert.equal(first.address, "192.0.2.7");
  const second = connect();
  await settled();
  assert.deepEqual([second.address, asked.length], ["192.0.2.7", 2]);
  await answer("192.0.2.8");
  const third = connect();
  await answer("192.0.2.9");
  assert.equal(third.address, "192.0.2.9");
});

test("addresses stand in for an hour at most, and not for a name that is gone", async () => {
  const { clock, connect, answer, fail } = world();
  connect();
  await answer("192.0.2.7");
  const passing = connect();
  await fail("EAI_AGAIN");
  assert.equal(passing.address, "192.0.2.7");
  const gone = connect();
  await fail("ENOTFOUND");
  assert.ok(gone.address instanceof Error);
  await clock.advance(3600_001);
  const old = connect();
  await clock.advance(1000);
  assert.equal(old.address, null);
});

test("addresses that stand in are judged like any other", async () => {
  const { clock, connect, answer } = world();
  connect();
  await answer("127.0.0.1");
  const again = connect();
  await clock.advance(50);
  assert.ok(again.address instanceof EgressRefusal);
});
