import type { StackAddresses } from "../../src/dev-stack/addresses.ts";
import { setPositions } from "../../src/kafka/consume/outside-commit.ts";
import type { FreshTopics } from "../../test/support/fresh-topics.ts";

/** What every figure is measured with. */
export interface Place {
  readonly servers: StackAddresses;
  readonly rounds: number;
  /** Share of the usual counts: 1, less for a quick look. */
  readonly scale: number;
  readonly say: (line: string) => void;
}

export interface Figure {
  readonly id: string;
  readonly title: string;
  /** Markdown; null when what it needs is not there, which it says. */
  readonly measure: (place: Place) => Promise<string | null>;
}

/** A group that has read nothing yet, so that the bridge delivers what is there. */
export async function fromStart(topics: FreshTopics, groupId: string, partitions: number): Promise<void> {
  const topic = topics.names.facts.clients;
  const positions = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 }));
  const written = await setPositions(topics.client, groupId, positions, 10_000);
  if (written !== "written") throw new Error(`the group ${groupId} has members`);
}
