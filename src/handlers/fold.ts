import { idPattern } from "../config/handlers/handler-keys.ts";
import type { HandlerChange, HandlerLogEntry, HandlerWrite, SwitchWrite } from "../model/handler-log.ts";
import { noSwitches, type SwitchesState, withSwitch } from "./switches.ts";
import { type HandlerVersion, VersionHistory, type Versions } from "./versions.ts";

/** What the log says up to some record; never changed once it was handed out. */
export interface LogState {
  /** Offset of the last record of handlers that counted; -1: none has. */
  readonly revision: number;
  readonly versions: Versions;
  readonly switches: SwitchesState;
}

export const emptyLog: LogState = { revision: -1, versions: new Map(), switches: noSwitches };

/** `conflict`: somebody else was first. `refused`: it would count for nobody; all versions of this program agree on it. */
export type Taken = "counted" | "conflict" | "refused";

/** Part of the log's format: a version that held other bounds would disagree with the others. */
export const foldBounds = {
  changes: 1000,
  /** Handlers that are not deleted. */
  handlers: 1000,
  definitionBytes: 65_536,
  /** Of all handlers that are not deleted. */
  allBytes: 2 * 1024 * 1024,
  textLength: 1000,
} as const;

/**
 * What the log says, from its first record on. A record of handlers counts if each of its changes builds on the newest
 * version of its handler; else all of it is passed over. So the first of several who build on the same version wins, for
 * every reader, and no change is lost under another. Nothing but the records and their order matters: no clock, no
 * setting, no instance.
 */
export class LogFold {
  readonly #history = new VersionHistory();
  #revision = -1;
  #switches = noSwitches;
  #live = 0;
  #liveBytes = 0;
  #state: LogState | null = emptyLog;

  get state(): LogState {
    this.#state ??= {
      revision: this.#revision,
      versions: new Map(this.#history.versions),
      switches: this.#switches,
    };
    return this.#state;
  }

  /** The next record of the log. */
  take(offset: number, loggedMs: number, entry: HandlerLogEntry): Taken {
    const texts = [entry.id, entry.by, entry.at, entry.note ?? ""];
    if (texts.some((text) => text.length > foldBounds.textLength)) return "refused";
    const taken = entry.kind === "switch" ? this.#switch(loggedMs, entry) : this.#write(offset, loggedMs, entry);
    if (taken === "counted") this.#state = null;
    return taken;
  }

  #switch(loggedMs: number, entry: SwitchWrite): Taken {
    const switches = withSwitch(this.#switches, entry, loggedMs);
    if (switches === null) return "refused";
    this.#switches = switches;
    return "counted";
  }

  #write(offset: number, loggedMs: number, { changes, id, action, by, at, note }: HandlerWrite): Taken {
    const sized = changes.map((change) => ({ ...change, bytes: sizeOf(change) }));
    const ids = new Set(changes.map(({ handlerId }) => handlerId));
    if (changes.length === 0 || changes.length > foldBounds.changes || ids.size < changes.length) return "refused";
    if (sized.some(({ handlerId, bytes }) => !idPattern.test(handlerId) || bytes > foldBounds.definitionBytes))
      return "refused";
    // Of several instances that seed at once one wins, whatever their files hold.
    if (action === "seed" && this.#revision !== -1) return "conflict";
    if (!changes.every((change) => change.base === this.revisionOf(change.handlerId))) return "conflict";
    const live = sized.map(({ handlerId, definition, bytes }) => {
      const newest = this.#history.newest(handlerId);
      const was = newest?.definition === null ? undefined : newest;
      return { handlers: Number(definition !== null) - Number(was !== undefined), bytes: bytes - (was?.bytes ?? 0) };
    });
    const handlers = live.reduce((sum, one) => sum + one.handlers, this.#live);
    const allBytes = live.reduce((sum, one) => sum + one.bytes, this.#liveBytes);
    const grows = handlers > this.#live || allBytes > this.#liveBytes;
    if (grows && (handlers > foldBounds.handlers || allBytes > foldBounds.allBytes)) return "refused";
    for (const { handlerId, definition, bytes } of sized) {
      const version: HandlerVersion = {
        revision: offset,
        write: { id, action, by, at, note },
        definition,
        loggedMs,
        bytes,
      };
      this.#history.add(handlerId, version);
    }
    [this.#live, this.#liveBytes, this.#revision] = [handlers, allBytes, offset];
    return "counted";
  }

  /** Null: there is none, or it was deleted. */
  revisionOf(handlerId: string): number | null {
    const newest = this.#history.newest(handlerId);
    return newest === undefined || newest.definition === null ? null : newest.revision;
  }
}

export function sizeOf({ definition }: Pick<HandlerChange, "definition">): number {
  return definition === null ? 0 : Buffer.byteLength(JSON.stringify(definition));
}
