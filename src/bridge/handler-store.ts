import { setImmediate } from "node:timers/promises";
import type { Settings } from "../config/settings.ts";
import { refusalsOf } from "../handlers/check-write.ts";
import type { PassedOverWhy } from "../handlers/passed-over.ts";
import type { SelectionOptions } from "../handlers/running.ts";
import { HandlerStore } from "../handlers/store.ts";
import type { KafkaClient } from "../kafka/connection/client.ts";
import { createRecordProducer } from "../kafka/produce/producer.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import type { HandlerProblem } from "../model/instance-status.ts";
import type { Logger } from "../model/logger.ts";
import { topicNames } from "../model/topics.ts";
import { definitionReader } from "./load-handlers.ts";

export interface HandlerStoreParts {
  readonly settings: Pick<Settings, "before" | "handlers" | "topics">;
  readonly client: KafkaClient;
  readonly registry: Registry;
  readonly logger: Logger;
  /** How handlers are read; by default as the settings say. */
  readonly selection?: SelectionOptions;
  readonly runProblems?: () => readonly HandlerProblem[];
  readonly onPassedOver?: (why: PassedOverWhy) => void;
  readonly onLog?: () => void;
}

/** A write is given up a little before whoever waits for it is told that nothing is known of it. */
const sendMs = 8000;

/** The log of handlers as these settings see it; nothing is read before `start`. For commands and for a running bridge. */
export function createHandlerStore(parts: HandlerStoreParts): HandlerStore {
  const { settings, client, registry, logger } = parts;
  const selection = parts.selection ?? selectionOptions(settings);
  const { mode, file } = settings.handlers;
  const topics = topicNames(settings.topics.prefix);
  return new HandlerStore({
    client,
    registry,
    topic: topics.handlers,
    producer: createRecordProducer(client, { timeoutMs: sendMs }),
    logger,
    check: (state, changes) => refusalsOf(state, changes, selection),
    readOnly: mode === "file" ? `HANDLERS_MODE is file: change ${file ?? "the handlers file"} and start anew` : null,
    ...(parts.runProblems === undefined ? {} : { runProblems: parts.runProblems }),
    ...(parts.onPassedOver === undefined ? {} : { onPassedOver: parts.onPassedOver }),
    ...(parts.onLog === undefined ? {} : { onLog: parts.onLog }),
  });
}

/** How an instance with these settings reads and chooses handlers. */
export function selectionOptions(settings: Pick<Settings, "before" | "handlers">): SelectionOptions {
  return { read: definitionReader(settings), deadlineMs: settings.before.deadlineMs, breathe: breather() };
}

/** Milliseconds after which others have a turn: verdicts do not wait for a thousand conditions to be compiled. */
const breathMs = 5;

function breather(): () => Promise<void> {
  let sinceMs = performance.now();
  return async () => {
    if (performance.now() - sinceMs < breathMs) return;
    await setImmediate();
    sinceMs = performance.now();
  };
}
