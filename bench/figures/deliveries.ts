import type { FreshTopics } from "../../test/support/fresh-topics.ts";
import { cells } from "../support/cells.ts";
import {
  bridgeDeliveries,
  type DeliveryLoad,
  deliveryLoads,
  factsFor,
  floorDeliveries,
} from "../support/delivery-run.ts";
import type { Figure, Place } from "../support/place.ts";
import { alternate, table } from "../support/rows.ts";

const contenders = ["floor", "bridge", "bridge, no execution log"] as const;

/** Facts delivered to one HTTP handler, against kafkajs and undici with nothing promised. */
export const deliveries: Figure = {
  id: "deliveries",
  title: "After the event: deliveries a second",
  async measure(place) {
    const rows: string[][] = [];
    const topics = await factsFor(place, deliveryLoads);
    try {
      for (const one of deliveryLoads) rows.push(...(await measureCase(place, topics, one)));
    } finally {
      await topics.close();
    }
    const columns = ["sink ms", "in flight", "", "a second", "of the floor", "CPU µs each", "of the floor's"];
    return table(columns, rows);
  },
};

async function measureCase(place: Place, topics: FreshTopics, one: DeliveryLoad): Promise<string[][]> {
  const { inFlight, latencyMs } = one;
  const results = await alternate(contenders, place.rounds, async (contender) => {
    const run = await (contender === "floor"
      ? floorDeliveries(place, topics, one)
      : bridgeDeliveries(place, topics, one, { logs: contender === "bridge" }));
    place.say(
      `  ${latencyMs} ms, ${inFlight}: ${contender} ${Math.round(run.perSecond)}/s, ${run.cpuMicros.toFixed(0)} µs`,
    );
    return run;
  });
  return contenders.map((contender) => {
    const of = cells(results, contender, "floor");
    return [String(latencyMs), String(inFlight), contender, ...of("perSecond", 0), ...of("cpuMicros", 0)];
  });
}
