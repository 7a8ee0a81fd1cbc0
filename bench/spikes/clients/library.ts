import type { Sender } from "../../../src/kafka/produce/producer.ts";
import type { InboundRecord } from "../../../src/model/record.ts";
import type { FloorClient } from "../../floor/client.ts";

/** Another client library of Kafka, as far as it is measured. */
export interface Library {
  floor(brokers: string): FloorClient;
  /** Behind the port of the bridge's producer. */
  sender(brokers: string): Sender;
  /** A new group reads the topic from the start; records in memory of their own, as the bridge hands them on. Goes on for ever. */
  read(brokers: string, topic: string, accept: (records: readonly InboundRecord[]) => void): Promise<void>;
}

const modules: Readonly<Record<string, () => Promise<Library>>> = {
  platformatic: async () => (await import("./platformatic.ts")).platformatic,
  "platformatic, stream": async () => (await import("./platformatic-stream.ts")).platformaticStream,
  confluent: async () => (await import("./confluent.ts")).confluent,
};

/** Throws when the library is not installed or was not built. */
export async function libraryOf(name: string): Promise<Library> {
  const load = modules[name];
  if (load === undefined) throw new Error(`no such library: ${name}`);
  return load();
}

/** Those of the names that can be loaded here, each after what it says when it cannot. */
export async function loadable<K extends string>(names: readonly K[], say: (line: string) => void): Promise<K[]> {
  const loaded: K[] = [];
  for (const name of names) {
    try {
      await libraryOf(name);
      loaded.push(name);
    } catch (error) {
      say(`${name} is left out: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
    }
  }
  return loaded;
}
