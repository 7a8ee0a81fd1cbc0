import { randomUUID } from "node:crypto";
import { Command, Option } from "commander";
import { makeToken, tokenHash } from "../../admin/identity/tokens.ts";
import { startAdmin } from "../../bridge/admin/start-admin.ts";
import { summary } from "../../config/setting-rows.ts";
import { allSections, loadConnectedSettings } from "../../config/settings.ts";
import { ownCommand } from "../../model/own-command.ts";
import { createLogger } from "../../observe/logger.ts";
import { endEvenIfHeld, stopSignal } from "../stop-signal.ts";

const defaultPort = 8081;

/** `admin`: the admin interface alone, without a stage beside it. */
export function adminCommand(): Command {
  return new Command("admin")
    .description("run the admin interface alone: handlers, executions, dead letters, flow (API and pages)")
    .addHelpText(
      "after",
      `
Takes no requests and delivers nothing, so that nobody who looks at it slows what does. Listens on 127.0.0.1:${defaultPort}
unless ADMIN_HOST and ADMIN_PORT say otherwise; without ADMIN_TOKENS_FILE or ADMIN_OIDC_ISSUER it shows, and changes
nothing. More: docs/admin-api.md`,
    )
    .action(async () => {
      const settings = loadConnectedSettings(process.env, allSections);
      const logger = createLogger({ level: settings.log.level, whenStalled: "drop" });
      logger.info({ settings: summary(settings) }, "settings");
      const admin = await startAdmin({ settings, defaultPort, logger, instanceId: randomUUID() });
      await stopSignal();
      await admin.stop();
      endEvenIfHeld(logger);
    })
    .addCommand(tokenCommand());
}

function tokenCommand(): Command {
  return new Command("token")
    .description("make a token for the admin interface: prints it once, and the line for ADMIN_TOKENS_FILE")
    .requiredOption("--name <name>", "whose it is; stands in the audit log")
    .addOption(new Option("--role <role>", "what it may do").choices(["viewer", "operator"]).makeOptionMandatory())
    .addHelpText(
      "after",
      `
Example:
  ${ownCommand} admin token --name olga --role operator

The token goes to standard output alone, and is kept nowhere: the file holds its hash.`,
    )
    .action(({ name, role }: { readonly name: string; readonly role: string }) => {
      const token = makeToken();
      process.stderr.write(
        `The line for ADMIN_TOKENS_FILE, under \`tokens:\`\n  - { name: ${JSON.stringify(name)}, role: ${role}, hash: "${tokenHash(token)}" }\nThe token, which is shown this once:\n`,
      );
      process.stdout.write(`${token}\n`);
    });
}
