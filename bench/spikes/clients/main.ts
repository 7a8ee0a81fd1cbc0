/**
 * `npm exec -- node bench/spikes/clients/main.ts [FIGURE ...] [--rounds 5] [--quick]`: other client libraries against
 * kafkajs, in turns, as ratios; prints Markdown. What cannot be loaded is left out. README.md says how to install them.
 */
import { parseArgs } from "node:util";
import { openStack } from "../../../src/dev-stack/stack.ts";
import { FreshTopics } from "../../../test/support/fresh-topics.ts";
import type { Place } from "../../support/place.ts";
import { deliveries, requests } from "./floors.ts";
import { reads, sends } from "./port.ts";

const figures = { deliveries, requests, sends, reads };
type Name = keyof typeof figures;

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "5" }, quick: { type: "boolean", default: false } },
});
const names = Object.keys(figures) as Name[];
const wanted = names.filter((name) => positionals.length === 0 || positionals.includes(name));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const stack = await openStack({ name: `spike-${process.pid}`, kind: "maven", onProgress: say });
try {
  for (const name of wanted) {
    const topics = await FreshTopics.open({ partitions: 6, servers: stack.addresses });
    const rounds = options.quick ? 1 : Number(options.rounds);
    const place: Place = { servers: stack.addresses, rounds, scale: options.quick ? 0.2 : 1, say };
    try {
      process.stdout.write(`\n${name}\n\n${await figures[name](place, topics)}\n`);
    } finally {
      await topics.close();
    }
  }
} finally {
  await stack.stop();
}
