/** The floor of requests with kafkajs, over topics of its own. Prints one JSON line. */
import { randomUUID } from "node:crypto";
import { askEcho } from "../support/floor-asking.ts";
import { bareKafkajs, floorPartitions, kafkajsFloor } from "../support/floor-client.ts";
import { makeTopics } from "../support/made-topics.ts";

const [brokers = "", atOnce = "1", warmup = "500", requests = "5000"] = process.argv.slice(2);
const asked = `floor-${randomUUID()}`;
const replied = `${asked}-reply`;
const admin = bareKafkajs(brokers).admin();
await admin.connect();
await makeTopics(admin, [asked, replied], floorPartitions);
const load = { atOnce: Number(atOnce), warmup: Number(warmup), requests: Number(requests) };
const result = await askEcho(kafkajsFloor(bareKafkajs(brokers)), { asked, replied }, load);
process.stdout.write(`${JSON.stringify(result)}\n`);
await admin.deleteTopics({ topics: [asked, replied] }).catch(() => undefined);
process.exit(0);
