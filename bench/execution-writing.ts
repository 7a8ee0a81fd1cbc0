/**
 * What the execution log costs the thread that delivers, an attempt: the entry made, masked and encoded, and the queue of
 * its topic; beside what the body of the same event costs alone. Without a broker: `node bench/execution-writing.ts`.
 */
import { schemaOfEvent, shapeOfEvent } from "../src/kafka/registry/schemas.ts";
import { renderBody } from "../src/model/body.ts";
import type { BridgeEvent } from "../src/model/event.ts";
import { eventCatalogue } from "../src/model/event-catalogue.ts";
import { entryMaker, openExecutionLog } from "./support/execution-parts.ts";

const rounds = 100_000;

function eventOf(id: string, data: BridgeEvent["data"]): BridgeEvent {
  const type = eventCatalogue.find((one) => one.id === id);
  if (type === undefined) throw new Error(id);
  schemaOfEvent(type);
  const shape = shapeOfEvent(type);
  return {
    id,
    type: id,
    ceId: "1",
    source: "/b",
    time: "2026-01-01T00:00:00Z",
    objectId: "7",
    traceparent: undefined,
    shape,
    data,
  };
}

const words = "all that a client's record says about itself ".repeat(8);
const events = {
  "without a secret": eventOf("clients.update", { id: 7, name: "Ann", notes: words }),
  "with a secret": eventOf("clients.accounts.update", { id: 7, password: "s3cret-pa55", notes: words }),
};
async function micros(work: (at: number) => void): Promise<number> {
  const half = (from: number, to: number): void => {
    for (let at = from; at < to; at++) work(at);
  };
  half(0, rounds / 10);
  const cpu = process.cpuUsage();
  for (let from = 0; from < rounds; from += 1000) {
    half(from, from + 1000);
    await new Promise(setImmediate);
  }
  const { system, user } = process.cpuUsage(cpu);
  return (user + system) / rounds;
}

const log = await openExecutionLog();
for (const [name, event] of Object.entries(events)) {
  const body = renderBody(event, "string");
  const entry = entryMaker(event);
  const rendering = await micros(() => renderBody(event, "string"));
  const making = await micros(() => entry());
  const all = await micros(() => log.write(entry));
  console.log(
    `${name} (${body.length} bytes): body ${rendering.toFixed(1)} µs, entry ${making.toFixed(1)} µs, ` +
      `entry encoded and handed over ${all.toFixed(1)} µs of CPU; 20,000 a second: ${((all * 20_000) / 10_000).toFixed(0)} % of a core`,
  );
}
process.exit(0);
