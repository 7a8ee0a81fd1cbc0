import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Settings } from "../config/settings.ts";
import { type ExecutionIndex, startExecutionIndex } from "../execution-log/execution-index.ts";
import type { Logger } from "../model/logger.ts";
import { topicNames } from "../model/topics.ts";
import { kafkaSettings, registrySettings } from "./connections.ts";

const dayMs = 86_400_000;

/** The index of the execution log, as the settings want it. Starts at once; throws SETTINGS_INVALID. */
export function composeExecutionIndex(
  settings: Settings,
  logger: Logger,
  env: NodeJS.ProcessEnv = process.env,
): ExecutionIndex {
  const { bytes, days, dir } = settings.executionIndex;
  const { prefix } = settings.topics;
  const { executions, decisions } = topicNames(prefix);
  const kafka = kafkaSettings(settings);
  return startExecutionIndex(
    {
      kafka: { ...kafka, clientId: `${kafka.clientId}-index` },
      registry: registrySettings(settings),
      topics: { executions, decisions },
      folder: dir ?? join(stateFolder(env), "provisioning-bridge"),
      prefix,
      maxAgeMs: days * dayMs,
      maxBytes: bytes,
    },
    logger,
  );
}

/** Where programs keep what may be lost but is better kept: systemd's, else the user's, else what the machine forgets. */
function stateFolder({ HOME, STATE_DIRECTORY, XDG_STATE_HOME }: NodeJS.ProcessEnv): string {
  const [ofService] = (STATE_DIRECTORY ?? "").split(":");
  if (ofService !== undefined && ofService !== "") return ofService;
  if (XDG_STATE_HOME !== undefined && XDG_STATE_HOME !== "") return XDG_STATE_HOME;
  const home = HOME ?? homedir();
  return home === "" || home === "/" ? tmpdir() : join(home, ".local", "state");
}
