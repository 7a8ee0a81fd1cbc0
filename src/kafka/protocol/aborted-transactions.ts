import type { BatchSummary } from "./batch-reader.ts";
import type { FetchedMessage } from "./fetched-record.ts";

/** As the broker tells it beside the records: from this offset on, what the producer wrote in a transaction was given up. */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** The type of a control record that ends a transaction without its records: its key is a version and this, 16 bits each. */
const abortType = 0;

/**
 * Which records nobody is to see, as Kafka's own consumer has it (CompletedFetch of kafka-clients): a transaction is aborted
 * from the first offset that the broker names to the control record that says so. kafkajs's filter takes up one transaction a
 * record, in the order in which they are named, and any record with such a key for its end: with several producers at once, or
 * a producer that wants it so, it lets aborted ones through.
 */
export class AbortedTransactions {
  /** The next one last. */
  readonly #ahead: { readonly producerId: string; readonly firstOffset: bigint }[];
  readonly #under = new Set<string>();

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#ahead = transactions
      .map(({ firstOffset, producerId }) => ({ producerId, firstOffset: BigInt(firstOffset) }))
      .sort((one, other) => (one.firstOffset < other.firstOffset ? 1 : -1));
  }

  /** The next batch, whose messages stand in the list from there on: those that were aborted become control records, which are passed over. */
  pass({ context, lastOffset }: BatchSummary, messages: FetchedMessage[], from: number): void {
    for (
      let next = this.#ahead.at(-1);
      next !== undefined && next.firstOffset <= lastOffset;
      next = this.#ahead.at(-1)
    ) {
      this.#under.add(next.producerId);
      this.#ahead.pop();
    }
    const { inTransaction, isControlBatch, producerId } = context;
    if (isControlBatch) {
      if (isAbort(messages[from])) this.#under.delete(producerId);
    } else if (inTransaction && this.#under.has(producerId)) {
      for (let at = from; at < messages.length; at++) {
        const message = messages[at];
        if (message !== undefined) messages[at] = { ...message, isControlRecord: true };
      }
    }
  }
}

function isAbort(message: FetchedMessage | undefined): boolean {
  const key = message?.key ?? null;
  return key !== null && key.length >= 4 && key.readInt16BE(2) === abortType;
}
