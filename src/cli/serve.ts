import { randomUUID } from "node:crypto";
import { Command, Option } from "commander";
import { type RunningAdmin, startAdmin } from "../bridge/admin/start-admin.ts";
import { type Bridge, type StageChoice, startBridge } from "../bridge/bridge.ts";
import { loadConfiguration } from "../bridge/configuration.ts";
import { summary } from "../config/setting-rows.ts";
import type { Settings } from "../config/settings.ts";
import type { Logger } from "../model/logger.ts";
import { createLogger } from "../observe/logger.ts";
import { endEvenIfHeld, stopSignal } from "./stop-signal.ts";

/** `serve`: runs the bridge until SIGTERM or SIGINT. */
export function serveCommand(): Command {
  return new Command("serve")
    .description("run the bridge until SIGTERM (drains; a second signal ends at once)")
    .addOption(new Option("--stage <stage>", "which half to run").choices(["before", "after", "all"]).default("all"))
    .addHelpText(
      "after",
      "\nSettings come from the environment and CONFIG_FILE: see docs/settings.md. KAFKA_BROKERS,\nSCHEMA_REGISTRY_URL and HANDLERS_FILE are required.",
    )
    .action(async ({ stage }: { readonly stage: StageChoice }) => {
      const { settings, handlersFile, loaded } = loadConfiguration(process.env);
      const { handlers, warnings } = loaded;
      const logger = createLogger({ level: settings.log.level, whenStalled: "drop" });
      logger.info({ settings: summary(settings) }, "settings");
      for (const warning of warnings) logger.warn({ file: handlersFile }, warning);

      const bridge = await startBridge({ settings, handlers, stage, logger, handlersFile });
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
