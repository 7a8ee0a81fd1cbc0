import type { Switches } from "../../../src/admin/contract/switches.ts";
import type { HandlerLog, Registered, RegisteredVersion } from "../../../src/admin/ports.ts";
import type { HandlerDefinition, SwitchChange } from "../../../src/model/handler-log.ts";

/** The log of handlers as an array: one writer, so the first is always the only one. */
export function memoryLog(definitions: readonly HandlerDefinition[]): HandlerLog {
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  let revision = 0;
  const handlers = new Map<string, Registered>();
  const versions: (RegisteredVersion & { readonly handlerId: string })[] = [];
  let switches: Switches = { bypassBefore: null, pausedGroups: [], logLevel: null };
  const log: HandlerLog = {
    readOnly: null,
    problems: () => [],
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    all: () => ({ revision, handlers }),
    history: (id) => Promise.resolve(versions.filter(({ handlerId }) => handlerId === id).toReversed()),
    write: ({ action, by, note, changes }) => {
      for (const { handlerId, base } of changes) {
        const found = handlers.get(handlerId)?.revision ?? null;
        if (found !== base) return Promise.resolve({ kind: "conflict", found });
      }
      revision++;
      const at = new Date().toISOString();
      for (const { handlerId, definition } of changes) {
        if (definition === null) handlers.delete(handlerId);
        else handlers.set(handlerId, { definition, revision, changedAt: at, changedBy: by });
        versions.push({ handlerId, revision, write: { id: `${revision}`, action, by, at, note }, definition });
      }
      changed();
      return Promise.resolve({ kind: "written", revision });
    },
    switches: () => switches,
    set: (change, by, note) => {
      switches = switched(switches, change, by, note);
      changed();
      return Promise.resolve();
    },
  };
  for (const definition of definitions) {
    void log.write({
      action: "seed",
      by: "seed",
      note: null,
      changes: [{ handlerId: definition.id, base: null, definition }],
    });
  }
  return log;
}

function switched(switches: Switches, change: SwitchChange, by: string, note: string | null): Switches {
  switch (change.what) {
    case "bypass-before":
      return { ...switches, bypassBefore: change.until === null ? null : { until: change.until, by, note } };
    case "pause-group": {
      const others = switches.pausedGroups.filter(({ group }) => group !== change.group);
      const paused = change.paused ? [{ group: change.group, by, at: new Date().toISOString() }] : [];
      return { ...switches, pausedGroups: [...others, ...paused] };
    }
    case "log-level":
      return { ...switches, logLevel: change.level };
  }
}
