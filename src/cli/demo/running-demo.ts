import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bridge, startBridge } from "../../bridge/bridge.ts";
import { kafkaSettings, registrySettings, topicSettings } from "../../bridge/connections.ts";
import { loadHandlers } from "../../bridge/load-handlers.ts";
import { loadSettings, type Settings } from "../../config/settings.ts";
import { environmentOf } from "../../dev-stack/addresses.ts";
import { openStack } from "../../dev-stack/stack.ts";
import { createKafkaClient } from "../../kafka/connection/client.ts";
import { createRegistry } from "../../kafka/registry/registry.ts";
import { setUp } from "../../kafka/topics/setup.ts";
import type { Handler } from "../../model/handler.ts";
import { type Logger, silentLogger } from "../../model/logger.ts";
import { topicNames } from "../../model/topics.ts";
import { createLogger } from "../../observe/logger.ts";
import { createBillingClient } from "../../sdk/billing-client.ts";
import type { BillingClient } from "../../sdk/client-options.ts";
import { DeliveryWatch } from "./delivery-watch.ts";
import { startSampleHandlers } from "./sample-handlers.ts";

/** Everything the demo shows, up and running. */
export interface RunningDemo {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly handlersFile: string;
  readonly handlers: readonly Handler[];
  readonly bridge: Bridge;
  readonly core: BillingClient;
  readonly watch: DeliveryWatch;
  /** Stops everything, in reverse order. Idempotent. */
  stop(): Promise<void>;
}

const demoFolder = new URL("../../../config/demo/", import.meta.url);

/** Starts it all; what was started is stopped again when something fails or `signal` aborts. */
export async function startDemo(
  say: (line: string) => void,
  verbose: boolean,
  signal: AbortSignal,
): Promise<RunningDemo> {
  const undo: (() => Promise<void> | void)[] = [];
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      for (const step of undo.reverse()) await step();
    })();
    return stopped;
  };
  try {
    return { ...(await startAll(say, verbose, signal, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(
  say: (line: string) => void,
  verbose: boolean,
  signal: AbortSignal,
  undo: (() => Promise<void> | void)[],
): Promise<Omit<RunningDemo, "stop">> {
  const stack = await openStack({ name: `demo-${process.pid}`, onProgress: say, signal });
  undo.push(() => stack.stop());
  const sample = await startSampleHandlers();
  undo.push(() => sample.close());
  const folder = mkdtempSync(join(tmpdir(), "provisioning-bridge-demo-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const settings = loadSettings({
    // On brokers of yours the demo keeps to names of its own. A log of handlers from the last time would name addresses that are gone.
    ...(stack.addresses.kind === "configured"
      ? { ...process.env, TOPIC_PREFIX: "demo", GROUP_PREFIX: "demo", HANDLERS_MODE: "file" }
      : {}),
    ...environmentOf(stack.addresses),
    EGRESS_ALLOW: "127.0.0.0/8",
    SCRIPTS_DIR: fileURLToPath(new URL("scripts", demoFolder)),
    // An index of its own: what the demo did is gone with it, and that of a real bridge is none of its business.
    EXECUTION_INDEX_DIR: folder,
    HTTP_HOST: "127.0.0.1",
    HTTP_PORT: process.env["HTTP_PORT"] ?? "0",
    ADMIN_HOST: "127.0.0.1",
    ADMIN_PORT: process.env["ADMIN_PORT"] ?? "0",
    // On this machine only, and on data that was made up.
    ADMIN_INSECURE: "true",
  });
  const logger = verbose ? createLogger({ level: settings.log.level, destination: process.stderr }) : silentLogger;

  say("creating topics and registering schemas");
  const connection = kafkaSettings(settings);
  await setUp({
    client: createKafkaClient(connection, logger),
    registry: createRegistry(registrySettings(settings)),
    names: topicNames(settings.topics.prefix),
    settings: topicSettings(settings),
  });

  const handlersFile = join(folder, "handlers.yaml");
  const template = readFileSync(new URL("handlers.yaml", demoFolder), "utf8");
  writeFileSync(
    handlersFile,
    template.replaceAll("${HANDLERS_URL}", sample.url).replaceAll("${DEAD_URL}", sample.deadUrl),
  );
  const file = loadHandlers(handlersFile, settings);
  const { handlers } = file;

  say(`starting the bridge with ${handlers.length} sample handlers`);
  const watch = new DeliveryWatch(handlers);
  const bridge = await startBridge({ settings, file, stage: "all", logger, watch: { after: watch } });
  undo.push(() => bridge.stop());
  await bridge.started;

  say("connecting the billing core");
  const core = await createBillingClient({
    kafka: { ...connection, clientId: "demo-core" },
    registry: registrySettings(settings),
    source: "/demo/billing",
    topicPrefix: settings.topics.prefix,
    groupPrefix: settings.topics.groupPrefix,
    onSilence: "forbid",
    logger,
  });
  undo.push(() => core.close());
  return { settings, logger, handlersFile, handlers, bridge, core, watch };
}
