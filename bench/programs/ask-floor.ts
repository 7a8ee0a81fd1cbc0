/** The floor of requests with kafkajs, over topics of its own, doing so much of a request's work. Prints one JSON line. */
import { randomUUID } from "node:crypto";
import { topicNames } from "../../src/model/topics.ts";
import { bareKafkajs, floorPartitions, kafkajsFloor } from "../floor/client.ts";
import { askEcho } from "../floor/request.ts";
import { type AskWorkName, askWork } from "../floor/request-work.ts";
import { makeTopics } from "../support/made-topics.ts";

const [brokers = "", atOnce = "1", warmup = "500", requests = "5000", name = "nothing", registryUrl = "", url = ""] =
  process.argv.slice(2) as [string?, string?, string?, string?, AskWorkName?, string?, string?];
const asked = `floor-${randomUUID()}`;
const replied = `${asked}-reply`;
const admin = bareKafkajs(brokers).admin();
await admin.connect();
await makeTopics(admin, [asked, replied], floorPartitions);
const load = { atOnce: Number(atOnce), warmup: Number(warmup), requests: Number(requests) };
const client = kafkajsFloor(bareKafkajs(brokers));
const topics = topicNames(process.env["TOPIC_PREFIX"] ?? "");
const work = await askWork(name, client, { registryUrl, topics, url, places: load.atOnce });
const result = await askEcho(client, { asked, replied }, load, work);
process.stdout.write(`${JSON.stringify(result)}\n`);
await admin.deleteTopics({ topics: [asked, replied] }).catch(() => undefined);
process.exit(0);
