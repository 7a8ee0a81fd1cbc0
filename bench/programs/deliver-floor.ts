/** The floor of deliveries with kafkajs. Runs until it is killed. */
import { bareKafkajs, kafkajsFloor } from "../support/floor-client.ts";
import { deliverAll } from "../support/floor-delivery.ts";

const [brokers = "", topic = "", url = "", places = "64"] = process.argv.slice(2);
await deliverAll(kafkajsFloor(bareKafkajs(brokers)), topic, url, Number(places));
