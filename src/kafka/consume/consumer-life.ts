import type { Consumer, ConsumerConfig, EachBatchPayload } from "kafkajs";
import { messageOf } from "../../errors.ts";
import type { Clock } from "../../model/clock.ts";
import { bounded } from "../../model/deadline.ts";
import type { TopicPartition } from "../../model/record.ts";
import type { KafkaClient } from "../connection/client.ts";
import { evictMember } from "./evict-member.ts";
import type { Life } from "./supervisor.ts";

export interface LifeOptions {
  readonly config: ConsumerConfig;
  readonly topics: readonly string[];
  /** The member id of the life before, which may still be in the group. */
  readonly former: string | null;
  /** Once it is connected, before it joins; its failure is a failure of this life. */
  readonly beforeRun?: () => Promise<void>;
  /** Called at every join before anything of it is fetched. */
  readonly onJoin: (life: ConsumerLife, memberId: string, owned: readonly TopicPartition[]) => void;
  readonly onRejoining: () => void;
  /** What it waits for stalls every partition of a broker. */
  readonly onBatch: (life: ConsumerLife, payload: EachBatchPayload) => Promise<void>;
  readonly afterDefect: "skip" | "again";
  /** A batch that holds nothing for us, such as transaction markers alone. */
  readonly onEmptyBatch?: (at: TopicPartition, lastOffset: number) => void;
  readonly clock: Clock;
}

/**
 * One kafkajs consumer: connects, subscribes, runs, and says when it is over. It is never restarted by kafkajs, whose own
 * restart also brings back a consumer that was stopped meanwhile.
 *
 * Nothing that our side throws gets into kafkajs: a TypeError or RangeError would end the consumer for ever, any other
 * error would make it crash and rejoin without end.
 */
export class ConsumerLife implements Life {
  readonly consumer: Consumer;
  readonly ended: Promise<Error>;
  readonly #client: KafkaClient;
  readonly #options: LifeOptions;
  readonly #running: Promise<void>;
  readonly #dropSockets: () => void;
  #end: (error: Error) => void = () => undefined;
  #over = false;
  #signMs: number;

  constructor(client: KafkaClient, options: LifeOptions) {
    this.#client = client;
    this.#options = options;
    this.#signMs = options.clock.monotonicMs();
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const { kafka, retries, dropSockets } = client.own();
    this.#dropSockets = dropSockets;
    this.consumer = kafka.consumer({
      allowAutoTopicCreation: false,
      ...options.config,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 1000,
        retries: retries(4),
        restartOnFailure: () => Promise.resolve(false),
      },
    });
    this.#listen();
    this.#running = this.#run();
  }

  quietMs(): number {
    return this.#options.clock.monotonicMs() - this.#signMs;
  }

  async end(deadlineMs: number): Promise<void> {
    this.#finish(new Error("it was ended"));
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    // A member that leaves in the middle of its join stays in the group as a ghost until its session ends.
    const joined = await bounded(this.#running, deadlineMs / 2, clock);
    const left = this.consumer.disconnect();
    await bounded(left, Math.max(0, deadlineMs - (clock.monotonicMs() - startMs)), clock);
    // What is still under way may yet leave the group, behind the deadline.
    const over = joined === "done" ? left : this.#running.then(() => this.consumer.disconnect());
    void over.catch(ignored).finally(this.#dropSockets);
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { former, config } = this.#options;
    const steps = [
      () => this.consumer.connect(),
      () => this.consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true }),
      () => (former === null ? undefined : evictMember(this.#client, config.groupId, former)),
      () => this.#options.beforeRun?.(),
      () => this.consumer.run({ autoCommit: false, eachBatch: (payload) => this.#batch(payload) }),
    ];
    try {
      for (const step of steps) if (!this.#over) await step();
    } catch (error) {
      this.#finish(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }

  #listen(): void {
    const { CRASH, FETCH, FETCH_START, GROUP_JOIN, HEARTBEAT, REBALANCING, START_BATCH_PROCESS } = this.consumer.events;
    this.consumer.on(GROUP_JOIN, ({ payload: { memberId, memberAssignment } }) => {
      this.#signed();
      const owned = Object.entries(memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic, partition })),
      );
      if (!this.#over) this.guarded(() => this.#options.onJoin(this, memberId, owned));
    });
    this.consumer.on(REBALANCING, () => {
      this.#signed();
      if (!this.#over) this.guarded(() => this.#options.onRejoining());
    });
    this.consumer.on(CRASH, ({ payload: { error } }) => this.#finish(error));
    this.consumer.on(START_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, lastOffset } }) => {
      if (batchSize === 0) this.guarded(() => this.#options.onEmptyBatch?.({ topic, partition }, Number(lastOffset)));
    });
    for (const event of [FETCH, FETCH_START, HEARTBEAT]) this.consumer.on(event, () => this.#signed());
  }

  async #batch(payload: EachBatchPayload): Promise<void> {
    this.#signed();
    if (this.#over) return;
    try {
      await this.#options.onBatch(this, payload);
    } catch (defect) {
      this.#defect(defect);
      if (this.#options.afterDefect === "again") this.#finish(new Error("a defect stopped a batch", { cause: defect }));
    }
  }

  /** Runs what must not throw; if it does, that is a defect of ours, and the consumer lives on. */
  guarded(action: () => void): void {
    try {
      action();
    } catch (defect) {
      this.#defect(defect);
    }
  }

  #defect(defect: unknown): void {
    const fields = { groupId: this.#options.config.groupId, err: messageOf(defect) };
    this.#client.logger.error(fields, "defect: what a consumer hands over to threw");
  }

  #finish(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#end(error);
  }

  #signed(): void {
    this.#signMs = this.#options.clock.monotonicMs();
  }
}

function ignored(): void {
  // The connection is given up either way.
}
