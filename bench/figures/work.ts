import { FreshTopics } from "../../test/support/fresh-topics.ts";
import type { FloorWorkName } from "../floor/delivery-work.ts";
import type { AskWorkName } from "../floor/request-work.ts";
import { askBridge, askFloor, askLoads } from "../support/ask-run.ts";
import { cells } from "../support/cells.ts";
import {
  bridgeDeliveries,
  type DeliveryLoad,
  deliveryLoads,
  factsFor,
  floorDeliveries,
} from "../support/delivery-run.ts";
import type { Figure, Place } from "../support/place.ts";
import { SinkProcess } from "../support/programs.ts";
import { alternate, table } from "../support/rows.ts";

const [delivering] = deliveryLoads as readonly [DeliveryLoad];
const asking = askLoads.filter(({ atOnce }) => atOnce === 16 || atOnce === 128);

const floorDoes: Readonly<Record<string, FloorWorkName>> = {
  "the floor": "nothing",
  "with what a handler is told, as headers": "headers",
  "with the event decoded, and sent as JSON": "reading",
  "with an entry of the execution log": "entries",
};
const floorAsks: Readonly<Record<string, AskWorkName>> = {
  "the floor": "nothing",
  "with event and verdict encoded and decoded, and their headers": "reading",
  "with a record of the decision": "entries",
  "with a call before it, and an entry of the execution log": "call",
};
const bridge = "the bridge";
const bridgeNobody = "the bridge, no handler";
const bridgeOne = "the bridge, one HTTP handler";

/** The floor doing more and more of a bridge's work, with the same libraries and nothing promised: what is possible at most. */
export const work: Figure = {
  id: "work",
  title: "The work itself: the floor, doing more and more of it",
  async measure(place) {
    const rows = [...(await deliveryRows(place)), ...(await askRows(place))];
    return table(["", "each with what is above it", "a second", "of the floor", "CPU µs each", "of the floor's"], rows);
  },
};

async function deliveryRows(place: Place): Promise<readonly string[][]> {
  const topics = await factsFor(place, [delivering]);
  try {
    const names = [...Object.keys(floorDoes), bridge];
    return await measured(place, "delivery, 64 in flight", names, (name) => {
      const does = floorDoes[name];
      return does === undefined
        ? bridgeDeliveries(place, topics, delivering, { logs: true })
        : floorDeliveries(place, topics, delivering, does);
    });
  } finally {
    await topics.close();
  }
}

async function askRows(place: Place): Promise<readonly string[][]> {
  const rows: string[][] = [];
  const sink = await SinkProcess.start(0);
  const topics = await FreshTopics.open({ partitions: 6, servers: place.servers });
  try {
    for (const load of asking) {
      const names = [...Object.keys(floorAsks), bridgeNobody, bridgeOne];
      const what = `request, ${load.atOnce} at once`;
      rows.push(
        ...(await measured(place, what, names, (name) => {
          const asks = floorAsks[name];
          const asked = name === bridgeOne ? "one HTTP handler" : "no handler";
          return asks === undefined
            ? askBridge(place, topics, sink.url, load, asked)
            : askFloor(place, topics, sink.url, load, asks);
        })),
      );
    }
    return rows;
  } finally {
    await topics.close();
    await sink.stop();
  }
}

async function measured(
  place: Place,
  what: string,
  names: readonly string[],
  measure: (name: string) => Promise<{ readonly perSecond: number; readonly cpuMicros: number }>,
): Promise<string[][]> {
  const results = await alternate(names, place.rounds, async (name) => {
    const run = await measure(name);
    place.say(`  ${what}: ${name} ${Math.round(run.perSecond)}/s, ${run.cpuMicros.toFixed(0)} µs`);
    return run;
  });
  return names.map((name) => {
    const of = cells(results, name, "the floor");
    return [what, name, ...of("perSecond", 0), ...of("cpuMicros", 0)];
  });
}
