import { Command, Option } from "commander";
import { type StageChoice, startBridge } from "../bridge/bridge.ts";
import { loadConfiguration } from "../bridge/configuration.ts";
import { summary } from "../config/setting-rows.ts";
import type { Logger } from "../model/logger.ts";
import { createLogger } from "../observe/logger.ts";

/** How long a stopped bridge's process may take to end by itself. Milliseconds. */
const heldMs = 5000;

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
      const asked = stopSignal();
      const end = await Promise.race([bridge.failed, asked.then(() => null)]);
      await bridge.stop();
      endEvenIfHeld(logger);
      if (end !== null) throw end;
    });
}

/** A stop has an end: what keeps the process from ending after it is named, and the process ends without it. */
function endEvenIfHeld(logger: Logger): void {
  setTimeout(() => {
    logger.error({ held: process.getActiveResourcesInfo() }, "something kept the process from ending");
    process.exit();
  }, heldMs).unref();
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
