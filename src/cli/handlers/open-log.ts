import { hostname, userInfo } from "node:os";
import { kafkaSettings, registrySettings } from "../../bridge/connections.ts";
import { createHandlerStore, selectionOptions } from "../../bridge/handler-store.ts";
import { definitionReader } from "../../bridge/load-handlers.ts";
import { loadConnectedSettings, type Settings } from "../../config/settings.ts";
import type { HandlerStore } from "../../handlers/store.ts";
import { createKafkaClient, type KafkaClient } from "../../kafka/connection/client.ts";
import { openLogReader } from "../../kafka/consume/log-reader.ts";
import { createRegistry, type Registry } from "../../kafka/registry/registry.ts";
import { systemClock } from "../../model/clock.ts";
import { silentLogger } from "../../model/logger.ts";
import { topicNames } from "../../model/topics.ts";
import { InstanceWatch } from "../../operations/instances.ts";

/** What the commands about handlers and switches work with. */
export interface OpenLog {
  readonly settings: Pick<Settings, "before" | "handlers" | "topics">;
  readonly store: HandlerStore;
  readonly client: KafkaClient;
  readonly registry: Registry;
  /** Of handlers, what this machine cannot know of the bridges' not checked. */
  readonly read: ReturnType<typeof definitionReader>;
  /** Opens what hears the instances; closed with the log. */
  readonly instances: () => Promise<InstanceWatch>;
}

const startMs = 15_000;
/** After so long whoever waits is told for what. */
const silentMs = 3000;
const lookMs = 5000;
const closeMs = 2000;

/**
 * Reads the log of handlers, runs, closes. Throws as `loadConnectedSettings` and `HandlerStore.start`.
 *
 * An operator's machine is not a bridge: what may be called and which scripts there are is checked where EGRESS_ALLOW and
 * SCRIPTS_DIR are set, and else left to the instances, which tell.
 */
export async function withHandlerLog<T>(run: (log: OpenLog) => Promise<T>): Promise<T> {
  const settings = loadConnectedSettings(process.env, ["before", "handlers", "topics"]);
  const client = createKafkaClient({ ...kafkaSettings(settings), clientId: "provisioning-bridge-cli" }, silentLogger);
  const registry = createRegistry(registrySettings(settings));
  const read = definitionReader(settings, unknownHere(settings));
  const selection = { ...selectionOptions(settings), read };
  const store = createHandlerStore({ settings, client, registry, logger: silentLogger, selection });
  const closing: (() => Promise<void>)[] = [() => store.close(closeMs)];
  const instances = async (): Promise<InstanceWatch> => {
    const reader = await openLogReader(client, lookMs);
    closing.push(() => reader.close());
    const topic = topicNames(settings.topics.prefix).instances;
    return new InstanceWatch({ client, registry, reader, topic, timeoutMs: lookMs, clock: systemClock });
  };
  const still = setTimeout(() => {
    process.stderr.write(`reading the log of handlers: no answer yet, given up after ${startMs / 1000} s\n`);
  }, silentMs);
  try {
    await store.start(startMs).finally(() => clearTimeout(still));
    return await run({ settings, store, client, registry, read, instances });
  } finally {
    await Promise.all(closing.map((close) => close()));
  }
}

export function unknownHere({ handlers }: Pick<Settings, "handlers">): ReadonlySet<string> {
  return new Set([
    ...(handlers.egressAllow.length === 0 ? ["handlers.egressAllow"] : []),
    ...(handlers.scriptsDir === null ? ["handlers.scriptsDir"] : []),
  ]);
}

/** Who changes something, as the history shows it: nobody checks it, as whoever may write the topic may write anything. */
export function whoIAm(given: string | undefined): string {
  if (given !== undefined) return given;
  let user = "unknown";
  try {
    user = userInfo().username;
  } catch {
    // A container's user need not have a name.
  }
  return `${user}@${hostname()}`;
}
