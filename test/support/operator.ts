import type { WriteEnd } from "../../src/admin/ports.ts";
import { createHandlerStore } from "../../src/bridge/handler-store.ts";
import { loadSettings } from "../../src/config/settings.ts";
import type { HandlerStore } from "../../src/handlers/store.ts";
import type { ChangeAction, HandlerDefinition } from "../../src/model/handler-log.ts";
import { silentLogger } from "../../src/model/logger.ts";
import type { FreshTopics } from "./fresh-topics.ts";

/** An operator's hand on the log of handlers, as a command or the API of another instance would have it. */
export class Operator {
  readonly store: HandlerStore;

  private constructor(store: HandlerStore) {
    this.store = store;
  }

  static async open(topics: FreshTopics): Promise<Operator> {
    const settings = loadSettings({ ...topics.env, EGRESS_ALLOW: "127.0.0.0/8", SCRIPTS_DIR: "/" });
    const { client, registry } = topics;
    const store = createHandlerStore({ settings, client, registry, logger: silentLogger });
    await store.start();
    return new Operator(store);
  }

  /** Makes a handler what is given, whatever it was; its revision. */
  async put(definition: object, action: ChangeAction = "update"): Promise<number> {
    const own = definition as HandlerDefinition;
    const base = this.store.all().handlers.get(own.id)?.revision ?? null;
    return written(
      this.store.write({ action, by: "test", note: null, changes: [{ handlerId: own.id, base, definition: own }] }),
    );
  }

  /** Changes keys of a handler that is there. */
  async change(id: string, keys: object): Promise<number> {
    return this.put({ ...this.store.all().handlers.get(id)?.definition, ...keys });
  }

  async remove(id: string): Promise<number> {
    const base = this.store.all().handlers.get(id)?.revision ?? null;
    return written(
      this.store.write({
        action: "delete",
        by: "test",
        note: null,
        changes: [{ handlerId: id, base, definition: null }],
      }),
    );
  }

  close(): Promise<void> {
    return this.store.close(2000);
  }
}

async function written(write: Promise<WriteEnd>): Promise<number> {
  const end = await write;
  if (end.kind !== "written") throw new Error(`not written: ${JSON.stringify(end)}`);
  return end.revision;
}
