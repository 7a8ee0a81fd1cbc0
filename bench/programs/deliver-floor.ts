/** The floor of deliveries with kafkajs, doing so much of a delivery's work. Runs until it is killed. */
import { bareKafkajs, kafkajsFloor } from "../floor/client.ts";
import { deliverAll } from "../floor/delivery.ts";
import { type FloorWorkName, floorWork } from "../floor/delivery-work.ts";

const [brokers = "", topic = "", url = "", places = "64", work = "nothing", registryUrl = "", executions = ""] =
  process.argv.slice(2) as [string?, string?, string?, string?, FloorWorkName?, string?, string?];
const client = kafkajsFloor(bareKafkajs(brokers));
const done = await floorWork(work, client, { registryUrl, executions });
await deliverAll(client, topic, url, Number(places), done);
