import { Command, Option } from "commander";
import { type StageChoice, startBridge } from "../bridge/bridge.ts";
import { loadHandlers } from "../bridge/load-handlers.ts";
import { loadSettings, requireConnection, summary } from "../config/settings.ts";
import { BridgeError } from "../errors.ts";
import { createLogger } from "../observe/logger.ts";

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
      const settings = loadSettings(process.env);
      requireConnection(settings);
      if (settings.handlers.file === null) {
        throw new BridgeError(
          "SETTINGS_INVALID",
          "HANDLERS_FILE is not set: name the YAML file of the handlers (an example: config/handlers.example.yaml)",
        );
      }
      const logger = createLogger({ level: settings.log.level, whenStalled: "drop" });
      const { handlers, warnings } = loadHandlers(settings.handlers.file, settings);
      logger.info({ settings: summary(settings) }, "settings");
      for (const warning of warnings) logger.warn({ file: settings.handlers.file }, warning);

      const bridge = await startBridge({ settings, handlers, stage, logger, handlersFile: settings.handlers.file });
      const asked = stopSignal();
      const end = await Promise.race([bridge.failed, asked.then(() => null)]);
      await bridge.stop();
      if (end !== null) throw end;
    });
}

/** Resolves at the first SIGTERM or SIGINT; the second ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}
