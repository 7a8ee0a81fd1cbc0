import { join } from "node:path";
import type { FreshTopics } from "../fresh-topics.ts";
import type { Sent } from "../ledger.ts";
import { Child } from "./child.ts";
import { readJournal } from "./journal.ts";

/** Updates of clients; events go out at their times, whatever became of those before. */
export interface ProducerLoad {
  /** Null: until it is told to end. */
  readonly count: number | null;
  readonly perSecond: number;
  /** Clients, chosen at random, numbered from `firstKey` [1]. */
  readonly keys: number;
  readonly firstKey?: number;
  /** Characters besides the usual [0]. */
  readonly pad?: number;
}

export type Published =
  | { readonly kind: "acknowledged"; readonly ceId: string }
  | { readonly kind: "refused"; readonly code: string };

export type ProducerQuestion =
  | { readonly kind: "begin"; readonly load: ProducerLoad }
  | { readonly kind: "end" | "wait" | "acknowledged" | "flush" }
  | { readonly kind: "one"; readonly key: string; readonly event: { readonly id: string; readonly data: object } };

export interface TimedSent extends Sent {
  /** When it was handed to the client; milliseconds since 1970. */
  readonly sentMs: number;
}

export type ProducerEntry =
  | ({ readonly kind: "sent" } & TimedSent)
  | { readonly kind: "unsure"; readonly ceId: string; readonly code: string };

/** A billing core in a process of its own, and what it wrote down. */
export class RemoteProducer {
  readonly #child: Child<ProducerQuestion>;
  readonly #file: string;

  private constructor(child: Child<ProducerQuestion>, file: string) {
    this.#child = child;
    this.#file = file;
  }

  static async open(folder: string, topics: FreshTopics, seed: number): Promise<RemoteProducer> {
    const file = join(folder, "sent");
    const { kafkaBrokers, schemaRegistryUrl } = topics.servers;
    const args = [file, kafkaBrokers, schemaRegistryUrl, topics.prefix, String(seed)];
    const child = new Child<ProducerQuestion>("producer-process.ts", args);
    const producer = new RemoteProducer(child, file);
    await producer.acknowledged();
    return producer;
  }

  async begin(load: ProducerLoad): Promise<void> {
    await this.#child.ask({ kind: "begin", load });
  }

  /** Publishes no more; resolves, when all is acknowledged or given up, with how many ever were acknowledged. */
  end(): Promise<number> {
    return this.#child.ask({ kind: "end" });
  }

  /** Publishes all of it. */
  async all(load: ProducerLoad): Promise<number> {
    await this.begin(load);
    return this.#child.ask({ kind: "wait" });
  }

  acknowledged(): Promise<number> {
    return this.#child.ask({ kind: "acknowledged" });
  }

  one(key: string, event: { readonly id: string; readonly data: object }): Promise<Published> {
    return this.#child.ask({ kind: "one", key, event });
  }

  async account(): Promise<{ readonly sent: readonly TimedSent[]; readonly uncertain: ReadonlySet<string> }> {
    await this.#child.ask({ kind: "flush" });
    const entries = readJournal(this.#file) as readonly ProducerEntry[];
    return {
      sent: entries.filter((entry) => entry.kind === "sent"),
      uncertain: new Set(entries.flatMap((entry) => (entry.kind === "unsure" ? [entry.ceId] : []))),
    };
  }

  close(): Promise<void> {
    return this.#child.close();
  }
}
