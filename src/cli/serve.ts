import { randomUUID } from "node:crypto";
import { Command, Option } from "commander";
import { type RunningAdmin, startAdmin } from "../bridge/admin/start-admin.ts";
import { type Bridge, type StageChoice, startBridge } from "../bridge/bridge.ts";
import { loadConfiguration } from "../bridge/configuration.ts";
import { summary } from "../config/setting-rows.ts";
import type { Settings } from "../config/settings.ts";
import type { Logger, LogLevel } from "../model/logger.ts";
import { createLogger } from "../observe/logger.ts";
import { endEvenIfHeld, stopSignal } from "./stop-signal.ts";

/** `serve`: runs the bridge until SIGTERM or SIGINT. */
export function serveCommand(): Command {
  return new Command("serve")
    .description("run the bridge until SIGTERM (drains; a second signal ends at once)")
    .addOption(new Option("--stage <stage>", "which half to run").choices(["before", "after", "all"]).default("all"))
    .addHelpText(
      "after",
      "\nSettings come from the environment and CONFIG_FILE: see docs/settings.md. KAFKA_BROKERS\nand SCHEMA_REGISTRY_URL are required; HANDLERS_FILE fills an empty log of handlers, or is all\nthere is (HANDLERS_MODE=file).",
    )
    .action(async ({ stage }: { readonly stage: StageChoice }) => {
      const { settings, file } = loadConfiguration(process.env);
      const logger = createLogger({ level: settings.log.level, whenStalled: "drop" });
      logger.info({ settings: summary(settings) }, "settings");
      for (const warning of file?.loaded.warnings ?? []) logger.warn({ file: file?.handlersFile }, warning);

      const setLogLevel = (level: LogLevel | null): void => {
        logger.level = level ?? settings.log.level;
        logger.warn({ logLevel: logger.level }, "the log's level is set");
      };
      const bridge = await startBridge({ settings, file: file?.loaded ?? null, stage, logger, setLogLevel });
      const admin = await adminBeside(bridge, settings, logger);
      const asked = stopSignal();
      const end = await Promise.race([bridge.failed, asked.then(() => null)]);
      await Promise.all([bridge.stop(), admin?.stop()]);
      endEvenIfHeld(logger);
      if (end !== null) throw end;
    });
}

/** The admin interface in the same process, where ADMIN_PORT asks for it. A bridge that cannot have it does not run. */
async function adminBeside(bridge: Bridge, settings: Settings, logger: Logger): Promise<RunningAdmin | null> {
  const { port } = settings.admin;
  if (port === null) return null;
  try {
    return await startAdmin({ settings, defaultPort: port, logger, instanceId: randomUUID() });
  } catch (error) {
    await bridge.stop();
    throw error;
  }
}
