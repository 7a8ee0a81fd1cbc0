import { BridgeError, messageOf } from "../errors.ts";
import { AfterGroup, type AfterGroupParts, type WantedGroup } from "./after-group.ts";
import { Again } from "./again.ts";
import { countdown } from "./countdown.ts";
import { afterHandlers, type RunningSet } from "./running-set.ts";
import { closeMs } from "./stage.ts";

/**
 * The groups as they should run, made so one step after another, each group for itself:
 *
 *   wanted, none runs        ──► one is made and joins
 *   another one of the same topics ──► its handlers are replaced, at once
 *   one of other topics      ──► new topics get a position, the old member drains, commits and leaves, a new one joins
 *   not wanted               ──► drains, commits and leaves; its committed positions stay
 *
 * So there is never more than one engine of a group in a thread, and what one has not settled the next one delivers, in
 * order, from the committed position.
 */
export class AfterGroups {
  readonly #parts: AfterGroupParts;
  readonly #places = new Map<string, GroupPlace>();
  readonly #stopping = new AbortController();

  constructor(parts: AfterGroupParts) {
    this.#parts = parts;
  }

  /** How many there are, those that start or stop included. */
  get count(): number {
    return this.#places.size;
  }

  get running(): readonly AfterGroup[] {
    return [...this.#places.values()].flatMap(({ current }) => (current === null ? [] : [current]));
  }

  /** Whether every group is a member, and none is being changed. */
  get assigned(): boolean {
    return [...this.#places.values()].every(({ isChanging, current }) => {
      return !isChanging && (current === null || current.consumer.state() === "assigned");
    });
  }

  /** Returns at once. Members that only change do so now; the rest follows. */
  use(set: RunningSet): void {
    if (this.#stopping.signal.aborted) return;
    const live = afterHandlers(set).filter(({ handler }) => handler.status !== "archived");
    const wanted = Map.groupBy(live, ({ handler }) => handler.group);
    for (const group of new Set([...this.#places.keys(), ...wanted.keys()])) {
      const members = wanted.get(group);
      const place = this.#places.get(group) ?? new GroupPlace(this.#parts, group, this.#stopping.signal);
      this.#places.set(group, place);
      place.want(members === undefined ? null : { members, paused: set.pausedGroups.has(group) });
    }
    for (const [group, place] of this.#places) if (place.isEmpty) this.#places.delete(group);
  }

  /** Resolves when what is wanted by now runs. */
  async settled(): Promise<void> {
    await Promise.all([...this.#places.values()].map((place) => place.settled()));
  }

  async stop(drainMs: number, leftMs: () => number): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#places.values()].map((place) => place.stop(drainMs, leftMs)));
  }
}

/** Where a group runs, or does not. */
class GroupPlace {
  readonly #parts: AfterGroupParts;
  readonly #group: string;
  readonly #signal: AbortSignal;
  #wanted: WantedGroup | null = null;
  #current: AfterGroup | null = null;
  readonly #changing: Again;

  constructor(parts: AfterGroupParts, group: string, signal: AbortSignal) {
    this.#parts = parts;
    this.#group = group;
    this.#signal = signal;
    this.#changing = new Again(() => this.#work());
  }

  get current(): AfterGroup | null {
    return this.#current;
  }

  get isChanging(): boolean {
    return this.#changing.isRunning;
  }

  get isEmpty(): boolean {
    return this.#wanted === null && this.#current === null && !this.isChanging;
  }

  want(wanted: WantedGroup | null): void {
    this.#wanted = wanted;
    if (wanted !== null && this.#current?.fits(wanted) === true) this.#current.use(wanted);
    else this.#current?.giveUpStart();
    // What it could not do it has said.
    this.#changing.ask().catch(() => undefined);
  }

  settled(): Promise<void> {
    return this.#changing.ask();
  }

  async stop(drainMs: number, leftMs: () => number): Promise<void> {
    await this.#current?.stop(drainMs, leftMs);
    await this.#changing.over().catch(() => undefined);
  }

  async #work(): Promise<void> {
    const { clock, logger, onGaveUp, settings } = this.#parts.stage;
    try {
      while (!this.#signal.aborted) {
        const wanted = this.#wanted;
        if (this.#current !== null && (wanted === null || !this.#current.fits(wanted))) {
          if (wanted !== null) await this.#current.claimFor(wanted);
          await this.#current.stop(settings.drainMs, countdown(clock, settings.drainMs + closeMs));
          logger.info({ group: this.#group, goesOn: wanted !== null }, "a handler group is changed");
          this.#current = null;
        } else if (this.#current === null && wanted !== null) {
          this.#current = new AfterGroup(this.#parts, this.#group, wanted);
          await this.#current.start(this.#signal);
        } else return;
      }
    } catch (error) {
      if (this.#signal.aborted) return;
      const known = error instanceof BridgeError;
      onGaveUp(known ? error : new BridgeError("INTERNAL", messageOf(error), { cause: error }));
      throw error;
    }
  }
}
