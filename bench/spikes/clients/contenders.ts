import { createKafkaClient } from "../../../src/kafka/connection/client.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import { bareKafkajs, type FloorClient, kafkajsFloor } from "../../floor/client.ts";
import { connection } from "./connection.ts";
import { libraryOf } from "./library.ts";

/** kafkajs as the floors of the benchmark have it, with a commit a second as all here, the same as the bridge changes it; or another library. */
export async function clientOf(name: string, brokers: string): Promise<FloorClient> {
  switch (name) {
    case "kafkajs, a commit a batch":
      return kafkajsFloor(bareKafkajs(brokers));
    case "kafkajs":
      return kafkajsFloor(bareKafkajs(brokers), "each second");
    case "kafkajs, patched":
      return kafkajsFloor(createKafkaClient(connection(brokers), silentLogger).kafka, "each second");
    default:
      return (await libraryOf(name)).floor(brokers);
  }
}
