import { randomUUID } from "node:crypto";
import { startAdmin } from "../../bridge/admin/start-admin.ts";
import { environmentOf } from "../../dev-stack/addresses.ts";
import { BridgeError } from "../../errors.ts";
import { ownCommand } from "../../model/own-command.ts";
import type { RequestVerdict } from "../../sdk/request-verdict.ts";
import { pageWidth, renderTable } from "../table.ts";
import { createProgress } from "./progress.ts";
import { type RunningDemo, startDemo } from "./running-demo.ts";
import { sampleEvents, sampleRequests } from "./sample-events.ts";
import { trickle } from "./trickle.ts";

const deliveryMs = 20_000;

/** Elsewhere than on a terminal: cells of several lines belong together here, and people read it in logs, too. */
const demoPage = 140;

const headings = ["event", "stage", "handlers", "attempts", "verdict", "changes", "who decided", "ms"];

export async function runDemo({
  keep = false,
  verbose = false,
}: {
  readonly keep?: boolean;
  readonly verbose?: boolean;
}): Promise<void> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const say = createProgress();
  const demo = await startDemo(say, verbose, interrupted.signal).catch((error: unknown) => {
    if (!interrupted.signal.aborted) throw error;
    return null;
  });
  if (demo === null) {
    say("interrupted; everything is stopped again");
    return;
  }
  try {
    say(`asking ${sampleRequests.length} requests`);
    const requests = await ask(demo);
    say(`publishing ${sampleEvents.length} events`);
    const facts = await publish(demo, interrupted.signal);
    print("Asked before it happens, and answered by the deadline:", requests);
    print("Happened, and delivered in order per client:", facts);
    if (keep && !interrupted.signal.aborted) await keepUp(demo, interrupted.signal);
  } finally {
    say("stopping");
    await demo.stop();
    process.removeListener("SIGINT", interrupt).removeListener("SIGTERM", interrupt);
  }
}

function print(title: string, rows: readonly (readonly string[])[]): void {
  process.stdout.write(`\n${title}\n\n${renderTable(headings, rows, pageWidth() ?? demoPage)}\n\n`);
}

async function ask({ core }: RunningDemo): Promise<string[][]> {
  const rows: string[][] = [];
  for (const { shows, event } of sampleRequests) {
    const verdict = await core.request(event);
    rows.push([`${event.id}\n(${shows})`, "before", ...verdictCells(verdict)]);
  }
  return rows;
}

function verdictCells(verdict: RequestVerdict<unknown>): string[] {
  return [
    verdict.handlers.map(({ id, outcome }) => `${id}: ${outcome}`).join("\n"),
    verdict.handlers.length === 0 ? "" : "1",
    verdict.reason === null ? verdict.decision : `${verdict.decision}: ${verdict.reason.message}`,
    verdict.changes.map(({ path, from, to }) => `${path}: ${from ?? "absent"} -> ${to}`).join("\n"),
    verdict.handler === null ? verdict.decidedBy : `${verdict.decidedBy}: ${verdict.handler}`,
    String(verdict.ms),
  ];
}

async function publish({ core, watch }: RunningDemo, signal: AbortSignal): Promise<string[][]> {
  const published: { readonly id: string; readonly ceId: string }[] = [];
  for (const event of sampleEvents) published.push({ id: event.id, ceId: (await core.publish(event)).ceId });
  const rows: string[][] = [];
  for (const { id, ceId } of published) {
    if (signal.aborted) throw new BridgeError("CLOSED", "interrupted");
    const end = await watch.ended(ceId, id, deliveryMs);
    if (end === "late") throw new BridgeError("TIMED_OUT", `${id} was not delivered within ${deliveryMs} ms`);
    const outcomes = watch.outcomes(ceId);
    rows.push([
      id,
      "after",
      outcomes.map(({ handler }) => handler).join("\n"),
      outcomes.map(({ attempts }) => String(attempts)).join("\n"),
      outcomes.map(({ outcome }) => outcome).join("\n"),
      "",
      "",
      outcomes.map(({ delayMs }) => String(Math.round(delayMs))).join("\n"),
    ]);
  }
  return rows;
}

/** The admin interface over what the demo did, and a little traffic, until the signal aborts. */
async function keepUp(demo: RunningDemo, signal: AbortSignal): Promise<void> {
  const { settings, logger } = demo;
  const admin = await startAdmin({ settings, defaultPort: 0, logger, instanceId: randomUUID() });
  try {
    printAddresses(demo, admin.port);
    await trickle(demo, signal);
  } finally {
    await admin.stop();
  }
}

function printAddresses({ settings, bridge, handlersFile }: RunningDemo, adminPort: number): void {
  const environment = environmentOf({
    kind: "configured",
    kafkaBrokers: settings.kafka.brokers.join(","),
    schemaRegistryUrl: settings.registry.url ?? "",
    secure: null,
  });
  const probe = `http://127.0.0.1:${bridge.probePort}`;
  process.stdout.write(
    [
      "Everything stays up until Ctrl-C, with a little traffic.",
      "",
      `The web interface: http://127.0.0.1:${adminPort}/`,
      "  INSECURE, for this demo: everybody on this machine may change everything there.",
      "",
      "In another terminal:",
      "",
      ...Object.entries(environment).map(([name, value]) => `  export ${name}=${value}`),
      `  export TOPIC_PREFIX=${settings.topics.prefix} GROUP_PREFIX=${settings.topics.groupPrefix}`,
      `  export HANDLERS_FILE=${handlersFile} HANDLERS_MODE=${settings.handlers.mode}`,
      `  export EGRESS_ALLOW=${settings.handlers.egressAllow.join(",")} SCRIPTS_DIR=${settings.handlers.scriptsDir ?? ""}`,
      "",
      `  ${ownCommand} request clients.update --data '{"id":12,"credit":"5000"}' --on-silence forbid`,
      `  ${ownCommand} publish clients.update --data '{"id":12,"name":"New name"}'`,
      `  ${ownCommand} explain clients.update --data '{"id":12,"credit":"5000"}'`,
      `  ${ownCommand} handlers list`,
      `  ${ownCommand} dead-letters list`,
      "",
      `Probes and metrics: ${probe}/readyz  ${probe}/metrics`,
      "",
    ].join("\n"),
  );
}
