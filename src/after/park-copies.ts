import type { Fact } from "./fact.ts";
import type { Flow } from "./flow.ts";
import type { Lane } from "./lane.ts";
import type { ParkAccess } from "./park-access.ts";
import type { ParkedKey } from "./parked-key.ts";
import type { Partition } from "./partition.ts";

/** Copies written at once, of one key. */
const chunkFacts = 64;
const chunkBytes = 256 * 1024;

export interface CopiesHost {
  /** Something was settled: commit. */
  due(partition: Partition): void;
  /** A parked lane may have something to deliver, or nothing left. */
  next(lane: Lane<Partition>): void;
}

/** The way to the parked topic: facts of parked keys are copied, in order, and settled at their source. */
export class ParkCopies {
  readonly #access: ParkAccess;
  readonly #flow: Flow;
  readonly #host: CopiesHost;

  constructor(access: ParkAccess, flow: Flow, host: CopiesHost) {
    this.#access = access;
    this.#flow = flow;
    this.#host = host;
  }

  /** Copies what follows, unless it will soon be its turn, as long as copies stand before it. */
  follow(lane: Lane<Partition>): void {
    const { home, park } = lane;
    if (park === null || park.copying || park.retry !== null || this.#access.closed || !home.owned) return;
    if (park.tail.first === null || home.park.found !== null) return;
    if (!park.fresh && lane.facts.first === null && park.stored.size === 0) return;
    const { limits } = this.#access.engine;
    const pressed = home.paused || home.watermark.span >= limits.parkSpan || park.tail.count >= limits.parkRecords;
    if (park.flowing && !pressed) return;
    if (home.park.copies >= limits.parkedMost) return;
    void this.#write(lane, park);
  }

  async #write(lane: Lane<Partition>, park: ParkedKey): Promise<void> {
    const { place } = lane.home.park;
    if (place === null) return;
    const { group } = this.#access.engine;
    const log = this.#access.log();
    const chunk = chunkOf(park);
    park.copying = true;
    const written = await Promise.allSettled(
      chunk.map((fact) =>
        this.#access.bounded("parking a fact", log.write(group, place, fact.record, park.stay, lane.alone)),
      ),
    );
    park.copying = false;
    if (!lane.home.owned) return;
    const failed = written.find((one) => one.status === "rejected");
    for (const one of written) {
      // What was written behind a gap is written again, in order.
      if (one.status === "rejected") break;
      this.#copied(lane, park, one.value);
    }
    this.#host.due(lane.home);
    if (failed !== undefined)
      this.#access.again(lane, park, failed.reason, () => {
        this.follow(lane);
        if (lane.facts.first === null) this.#host.next(lane);
      });
    else this.follow(lane);
    if (lane.facts.first === null || lane.state === "away") this.#host.next(lane);
  }

  /** P1: the fact is settled at its source with its copy on record, in one step with the note of the next commit. */
  #copied(lane: Lane<Partition>, park: ParkedKey, at: number): void {
    const { home } = lane;
    const fact = park.tail.shift();
    if (fact === null) return;
    const inMemory = lane.facts.first === null && park.stored.size === 0;
    home.watermark.settle(fact);
    fact.copyAt = at;
    park.fresh = false;
    park.tries = 0;
    if (inMemory) lane.facts.push(fact);
    else {
      park.stored.push(at);
      home.bytes -= fact.bytes;
    }
    this.#flow.gave(home, inMemory ? 0 : fact.bytes);
    this.#access.engine.observer.parked(this.#access.engine.group, fact.record);
  }
}

function chunkOf({ tail }: ParkedKey): readonly Fact[] {
  const chunk: Fact[] = [];
  let bytes = 0;
  for (const fact of tail) {
    if (chunk.length === chunkFacts || (bytes += fact.bytes) > chunkBytes) break;
    chunk.push(fact);
  }
  if (chunk.length === 0 && tail.first !== null) chunk.push(tail.first);
  return chunk;
}
