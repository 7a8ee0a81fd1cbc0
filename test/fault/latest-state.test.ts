import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { BridgeProcess, type BridgeProcessOptions } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { told } from "../support/handlers.ts";
import { Ledger } from "../support/ledger.ts";
import { Sink, type SinkCall } from "../support/sink.ts";

/** A handler that asks for the latest balance, and is away while thousands pass, on a real broker. */

const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const clients = 50;
const events = 5000;
const ids = ["clients.balance_zero", "clients.balance_notzero"] as const;

test("after an outage a handler gets each client's newest balance, and the counts add up to what passed", async () => {
  const sink = await Sink.open();
  undo.push(() => sink.close());
  let down = true;
  sink.on("/balance", () => ({ status: down ? 503 : 200 }));
  const topics = await FreshTopics.open({ partitions: 3 });
  undo.push(() => topics.close());
  const options: BridgeProcessOptions = {
    env: topics.env,
    handlers: [told({ id: "switch", events: ids, url: sink.url("/balance"), catchUp: "latest" })],
    stage: "after",
  };
  const start = async (): Promise<BridgeProcess> => {
    const bridge = await BridgeProcess.ready(options);
    undo.push(() => bridge.kill());
    return bridge;
  };
  const first = await start();
  const core = await topics.core({ onSilence: "forbid", events: ids });
  const ledger = new Ledger();
  const group = topics.afterGroup("switch");
  /** The newest balance of each client. */
  const newest = new Map<number, string>();
  let number = 0;
  const publish = async (count: number): Promise<void> => {
    for (const untilNumber = number + count; number < untilNumber; ) {
      const batch = Array.from({ length: 250 }, () => {
        const clientId = 1 + (number % clients);
        const balance = `${number++}`;
        newest.set(clientId, balance);
        const amounts = { balance, balance_accountant: null, credit: "0", available: balance, currency: "EUR" };
        return { id: ids[number % 2]!, data: { clients_id: clientId, ...amounts, extra: {} } };
      });
      const sent = await Promise.all(batch.map((event) => core.publish(event)));
      for (const [at, { data }] of batch.entries()) ledger.sent(String(data.clients_id), sent[at]!);
    }
  };
  const taken = (since: number): readonly SinkCall[] =>
    sink.at("/balance").filter((call) => call.number >= since && call.answered === 200);
  const standsFor = ({ headers }: SinkCall): number => Number(headers["bridge-superseded"] ?? 0);
  const arrived = (since: number): boolean =>
    newest.size ===
    new Map(
      taken(since)
        .filter(({ body: { data } }) => newest.get(data["clients_id"] as number) === String(Number(data["balance"])))
        .map(({ body }) => [body.data["clients_id"], true]),
    ).size;
  const passedOver = (bridge: BridgeProcess): Promise<number> =>
    bridge.counter("fact_ends_total", { end: "superseded" });

  await publish(events);
  await eventually(
    "all but the newest are passed over",
    async () => (await passedOver(first)) === events - clients,
    60_000,
  );
  down = false;
  await eventually("every client's newest has arrived", () => arrived(0), 90_000);
  assert.equal(taken(0).length, clients, "nothing but the newest of each");
  assert.equal(
    taken(0).reduce((sum, call) => sum + standsFor(call), clients),
    events,
  );
  await eventually("all is committed", () => ledger.committedToTheEnd(topics, group), 30_000);
  const logged = first.said("delivery attempted").filter(({ disposition }) => disposition === "accept");
  assert.equal(
    logged.reduce((sum, { superseded }) => sum + Number(superseded ?? 0), clients),
    events,
  );

  // The bridge itself is away: what it finds comes in batches, so that some of it may be on its way before the rest is there.
  assert.equal(await first.terminate(), 0);
  const since = sink.calls.length;
  await publish(1000);
  const second = await start();
  await eventually("every client's newest has arrived again", () => arrived(since), 60_000);
  await eventually("all is committed again", () => ledger.committedToTheEnd(topics, group), 30_000);
  const delivered = taken(since);
  assert.ok(delivered.length <= 5 * clients, `${delivered.length} delivered`);
  assert.equal(delivered.length + (await passedOver(second)), 1000);
  assert.equal(
    delivered.reduce((sum, call) => sum + standsFor(call), delivered.length),
    1000,
  );
  assert.equal(await second.terminate(), 0);
  assert.equal((await topics.contents(topics.names.deadLetters)).length, 0);
});
