import { fileURLToPath } from "node:url";
import { type AdminListener, startAdminListener } from "../../admin/listener.ts";
import type { AdminPorts, Definitions, HandlerLog, Registered } from "../../admin/ports.ts";
import type { Settings } from "../../config/settings.ts";
import { createKafkaClient } from "../../kafka/connection/client.ts";
import { createRegistry } from "../../kafka/registry/registry.ts";
import { systemClock } from "../../model/clock.ts";
import type { Logger } from "../../model/logger.ts";
import { topicNames } from "../../model/topics.ts";
import { FlowLook } from "../../operations/flow.ts";
import type { FlowHandler } from "../../operations/flow-answer.ts";
import { HandlerStates } from "../../operations/handler-states.ts";
import { InstanceWatch } from "../../operations/instances.ts";
import type { OperationParts } from "../../operations/letters.ts";
import { kafkaSettings, registrySettings } from "../connections.ts";
import { composeExecutionIndex } from "../execution-index.ts";
import { createHandlerStore } from "../handler-store.ts";
import { definitionReader, loadHandlers } from "../load-handlers.ts";
import { untilItWorks } from "../until-it-works.ts";
import { version } from "../version.ts";
import { KafkaAudit } from "./audit-trail.ts";
import { createDeadLetters } from "./dead-letters.ts";
import { createDefinitions } from "./definitions.ts";
import { createEvents } from "./events.ts";
import { FileLog } from "./file-log.ts";
import { createHandlerTests } from "./handler-tests.ts";
import { lazyReader } from "./lazy-reader.ts";
import { LiveHub } from "./live.ts";
import { LoadingLog } from "./loading-log.ts";
import { createRecognisers } from "./recognisers.ts";
import { ReplayRuns } from "./replays.ts";

export interface AdminOptions {
  readonly settings: Settings;
  /** Where ADMIN_PORT names none. */
  readonly defaultPort: number;
  readonly logger: Logger;
  readonly instanceId: string;
}

export interface RunningAdmin {
  readonly port: number;
  /** Requests in flight end; resolves within ten seconds. Idempotent. */
  stop(): Promise<void>;
}

/** Longest wait for one answer of the brokers: less than a request to the API may take. Milliseconds. */
const timeoutMs = 10_000;
const requestsMs = 5000;
const closeMs = 3000;

// The pages stand beside the compiled program; run from its sources, in the same place.
const pages = fileURLToPath(new URL("../../../dist/web/", import.meta.url));

/**
 * The admin interface, with a client and a reading of the log of handlers of its own: nothing in it shares a socket with
 * what answers requests and delivers. It answers at once; what needs brokers says so until they are there. Throws
 * SETTINGS_INVALID.
 */
export async function startAdmin({ settings, defaultPort, logger, instanceId }: AdminOptions): Promise<RunningAdmin> {
  const clock = systemClock;
  const kafka = kafkaSettings(settings);
  const client = createKafkaClient({ ...kafka, clientId: `${kafka.clientId}-admin` }, logger);
  const registry = createRegistry(registrySettings(settings));
  const topics = topicNames(settings.topics.prefix);
  const { groupPrefix } = settings.topics;
  const reader = lazyReader(client, timeoutMs);
  const parts: OperationParts = { client, registry, reader, topics, groupPrefix, timeoutMs };
  const access = createRecognisers(settings, clock, logger);

  const store = createHandlerStore({ settings, client, registry, logger });
  const log = new LoadingLog(store);
  const handlers = ofFile(settings, log) ?? log;
  const read = definitionReader(settings);
  const definitions = createDefinitions(read, settings.before.deadlineMs);
  const flowHandlers = (): readonly FlowHandler[] => {
    // Until the log is read it holds nothing: topics, groups and instances are worth seeing without.
    const shown = log.isLoaded || handlers !== log ? handlers : store;
    return [...shown.all().handlers.values()].map(flowHandler(definitions));
  };
  const instances = new InstanceWatch({ ...parts, topic: topics.instances, clock });
  const look = new FlowLook({ ...parts, instances, handlers: flowHandlers, clock });
  const live = new LiveHub(look, clock);
  const replays = new ReplayRuns(parts, clock, (replay) => live.tell("replay", replay));
  const audit = new KafkaAudit(instanceId, parts, clock, logger);
  const index = composeExecutionIndex(settings, logger);
  index.subscribe((name, data) => live.tell(name, data));
  const states = new HandlerStates({ flow: look, clock });
  const ports: AdminPorts = {
    handlers,
    definitions,
    events: createEvents(read, settings.before.deadlineMs),
    executions: index,
    figures: index,
    letters: createDeadLetters(parts),
    replays,
    flow: { flow: async () => (await look.look()).flow },
    states,
    tests: createHandlerTests({ settings, read, executions: index, clock, logger }),
    audit,
    live,
  };
  const closeAll = async (): Promise<void> => {
    access.close();
    await Promise.all([
      replays.close(closeMs),
      audit.stop(closeMs),
      store.close(closeMs),
      reader.close(),
      index.close(closeMs),
    ]);
  };
  const listener = await startAdminListener({
    ...{ host: settings.admin.host, port: settings.admin.port ?? defaultPort, hosts: settings.admin.hosts },
    ...{ recognisers: access.recognisers, insecure: settings.admin.insecure },
    ...{ ports, pages, logger, clock },
    about: { version, instance: instanceId },
  }).catch(async (error: unknown) => {
    await closeAll();
    throw error;
  });

  audit.start();
  // The first look connects, which takes longer than anybody is to wait for it.
  void states.refresh();
  const stopping = new AbortController();
  const loading = untilItWorks("the log of handlers", logger, stopping.signal, () => log.load()).catch(() => undefined);
  let stopped: Promise<void> | null = null;
  return {
    port: listener.port,
    stop: () => {
      stopping.abort();
      stopped ??= stopAll(listener, async () => {
        await Promise.all([closeAll(), loading]);
      });
      return stopped;
    },
  };
}

function flowHandler(definitions: Definitions): (registered: Registered) => FlowHandler {
  return ({ definition }) => {
    const { stage, group, status } = definitions.describe(definition);
    return { id: definition.id, stage, group, status };
  };
}

/** The handlers of the file alone, where the settings want that; null: those of the log. Throws HANDLERS_INVALID. */
function ofFile(settings: Settings, log: HandlerLog): HandlerLog | null {
  const { mode, file } = settings.handlers;
  return mode === "file" && file !== null ? new FileLog(file, loadHandlers(file, settings).definitions, log) : null;
}

async function stopAll(listener: AdminListener, rest: () => Promise<void>): Promise<void> {
  await listener.close(requestsMs);
  await rest();
}
