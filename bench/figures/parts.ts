import { factOf } from "../../src/after/fact.ts";
import { Partition } from "../../src/after/partition.ts";
import { decide } from "../../src/before/chain.ts";
import { judgeChanges } from "../../src/before/changes.ts";
import { type Codec, createCodec } from "../../src/kafka/codec/codec.ts";
import { schemaOfEvent, shapeOfEvent } from "../../src/kafka/registry/schemas.ts";
import { renderBody } from "../../src/model/body.ts";
import { systemClock } from "../../src/model/clock.ts";
import type { Data } from "../../src/model/data.ts";
import type { BridgeEvent } from "../../src/model/event.ts";
import { findEventType } from "../../src/model/event-catalogue.ts";
import type { InboundRecord } from "../../src/model/record.ts";
import { Watermark } from "../../src/model/watermark.ts";
import { allow, beforeHandler, json, mutator } from "../../test/support/before-handlers.ts";
import { entryMaker, openExecutionLog } from "../support/execution-parts.ts";
import { sampleData } from "../support/facts.ts";
import type { Figure } from "../support/place.ts";
import { alternate, ratios, shown, summary, table } from "../support/rows.ts";

const perTurn = 1000;
const turns = 40;

/** Does it once; `at` counts from 0. */
type Part = (at: number) => unknown;

/** Parts alone, in this process, each beside what JSON costs for the same event: a yardstick of the machine at that moment. */
export const parts: Figure = {
  id: "parts",
  title: "Parts, each alone",
  async measure({ rounds, say, scale }) {
    const all = await makeParts();
    const names = Object.keys(all);
    const results = await alternate(names, rounds, async (name) => {
      const micros = await microsOf(all[name] as Part, Math.ceil(turns * scale));
      say(`  ${name}: ${micros.toFixed(2)} µs`);
      return micros;
    });
    const yardstick = results.get(names[0] ?? "") ?? [];
    const rows = names.map((name) => {
      const micros = results.get(name) ?? [];
      return [name, shown(summary(micros)), shown(ratios(micros, yardstick))];
    });
    return table(["once", "CPU µs", "of the first"], rows);
  },
};

async function makeParts(): Promise<Readonly<Record<string, Part>>> {
  const type = findEventType("clients.update");
  if (type === undefined) throw new Error("in the catalogue");
  const codec = createCodec(1, schemaOfEvent(type).text);
  const data = sampleData(7, 7) as unknown as Data;
  const value = codec.encode(data);
  const text = JSON.stringify(data);
  const event: BridgeEvent = {
    ...{ id: type.id, type: type.id, ceId: "1", source: "/b", time: "2026-01-01T00:00:00Z", objectId: "7" },
    ...{ traceparent: undefined, shape: codec.shape, data },
  };
  const changes = json({ name: "Another name" }) as never;
  const mayChange = mutator("m").mayChange;
  const entryOf = entryMaker(event);
  const secretType = findEventType("clients.accounts.update");
  if (secretType === undefined) throw new Error("in the catalogue");
  const words = "all that an account's record says about itself ".repeat(6);
  const secret: BridgeEvent = {
    ...{ ...event, id: secretType.id, type: secretType.id, shape: shapeOfEvent(secretType) },
    data: { id: 7, password: "s3cret-pa55", notes: words },
  };
  const secretEntryOf = entryMaker(secret);
  const log = await openExecutionLog();
  return {
    "JSON.parse and JSON.stringify of the event's data": () => JSON.stringify(JSON.parse(text)),
    "codec: a fact decoded": () => codec.decode(value),
    "codec: a fact encoded": () => codec.encode(data),
    "the body of a call": () => renderBody(event, "string"),
    "lanes: a fact in, and settled": throughLanes(value),
    "watermark: an offset in, and settled out of order": throughWatermark(),
    "watermark: position and metadata, half of 2,000 settled": halfSettled(),
    "merge patch: one field changed, judged and encoded": () =>
      judgeChanges({ id: "m", mayChange }, { shape: codec.shape, data, recode: codec.recode }, changes),
    "chain: a mutator and three validators that allow": chainOfFour(event, codec.recode),
    "execution log: an entry made": entryOf,
    "execution log: an entry made, encoded and handed over": () => log.write(entryOf),
    "execution log: the same, of an event with a secret": () => log.write(secretEntryOf),
  };
}

function throughLanes(value: Buffer): Part {
  const partition = new Partition({ topic: "t", partition: 0 }, true);
  return (at) => {
    const key = Buffer.from(String(at % 10_000));
    const record: InboundRecord = { topic: "t", partition: 0, offset: at, timestampMs: 0, key, value, headers: {} };
    const fact = factOf(record, { kind: "admitted", eventId: "clients.update", type: "clients.update" });
    const lane = partition.laneOf(fact);
    partition.enqueue(lane, fact, null);
    partition.settle(lane, fact);
  };
}

interface Offset {
  readonly offset: number;
  older: Offset | null;
  newer: Offset | null;
}

/** Of 64 offsets in flight the one that came in the middle is settled. */
function throughWatermark(): Part {
  const watermark = new Watermark<Offset>();
  const open: Offset[] = [];
  return (at) => {
    const entry: Offset = { offset: at, older: null, newer: null };
    watermark.add(entry);
    open.push(entry);
    const settled = open.length > 64 ? open.splice(32, 1)[0] : undefined;
    if (settled !== undefined) watermark.settle(settled);
  };
}

function halfSettled(): Part {
  const watermark = new Watermark<Offset>();
  for (let offset = 0; offset < 2000; offset++) {
    const entry: Offset = { offset, older: null, newer: null };
    watermark.add(entry);
    if (offset % 2 === 1) watermark.settle(entry);
  }
  return () => [watermark.position(), watermark.metadata()];
}

function chainOfFour(event: BridgeEvent, recode: Codec["recode"]): Part {
  const handlers = [mutator("m"), ...["a", "b", "c"].map((id) => beforeHandler(id))];
  const tasks = { ask: () => Promise.resolve(allow) };
  const about = { operationId: "op", attempt: 1, baseVersion: "7", dataHash: "", sequence: "t/0/0", client: "7" };
  return () => {
    const question = { ...about, event, recode, decideByMs: systemClock.monotonicMs() + 60_000 };
    return decide(question, handlers, { tasks, clock: systemClock });
  };
}

/** What a part costs once it has been done often. It may be a promise. */
async function microsOf(part: Part, turnsToTake: number): Promise<number> {
  let at = 0;
  const turn = async (): Promise<void> => {
    const last = at + perTurn;
    for (; at < last; at++) {
      const done = part(at);
      if (done instanceof Promise) await done;
    }
    await new Promise(setImmediate);
  };
  for (let warm = 0; warm < turnsToTake / 4; warm++) await turn();
  const before = process.cpuUsage();
  for (let measured = 0; measured < turnsToTake; measured++) await turn();
  const { system, user } = process.cpuUsage(before);
  return (user + system) / (turnsToTake * perTurn);
}
