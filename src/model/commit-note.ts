/** What rides along with a committed offset: which offsets past it are settled, and where the partition's park is. */

/** Where the parked facts of one source partition stand in the parked topic. */
export interface ParkPosition {
  /** Of the parked topic. */
  readonly partition: number;
  /** Nothing before this offset matters any more. */
  readonly from: number;
  /** Offset of the `opened` record of the owner that wrote this. */
  readonly epoch: number;
}

export interface CommitNote {
  /** Text of the settled map. */
  readonly settled: string | null;
  readonly park: ParkPosition | null;
}

/** `<settled map>;p1.<partition>.<from>.<epoch>`: the park part is at most 60 bytes, which fit beside the longest map. */
const parkText = /^(?<settled>[^;]*);p1\.(?<partition>\d{1,10})\.(?<from>\d{1,16})\.(?<epoch>\d{1,16})$/;

/** Null when there is nothing to say. */
export function writeNote({ settled, park }: CommitNote): string | null {
  if (park === null) return settled;
  return `${settled ?? ""};p1.${park.partition}.${park.from}.${park.epoch}`;
}

/** Text of another program reads as a settled map, which its reader then refuses. */
export function readNote(text: string | null): CommitNote {
  const found = text === null ? undefined : parkText.exec(text)?.groups;
  if (found === undefined) return { settled: text, park: null };
  const { settled, partition, from, epoch } = found;
  return {
    settled: settled || null,
    park: { partition: Number(partition), from: Number(from), epoch: Number(epoch) },
  };
}
