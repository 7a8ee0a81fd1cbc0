import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { told } from "../handlers.ts";
import type { Arrival } from "../ledger.ts";
import type { SoakScenario } from "./scenario.ts";
import { SoakScene, slowly } from "./soak-scene.ts";

/**
 * Writes down what comes, and after a few milliseconds that it answers; then it does. The other way round an answer could be
 * with the bridge and not in the journal when the process is killed, which looks like a loss; this way it is a repetition.
 */
const scriptOf = (journal: string): string => `#!/usr/bin/env python3
import json, os, sys, time
journal = open(${JSON.stringify(journal)}, "a", buffering=1)
for line in sys.stdin:
    request = json.loads(line)
    h = request["headers"]
    journal.write(f"came {os.getpid()} {h['ce-id']} {h['webhook-id']} {h['bridge-sequence']}\\n")
    time.sleep(0.004)
    journal.write(f"said {os.getpid()} {h['ce-id']} {h['webhook-id']} {h['bridge-sequence']}\\n")
    sys.stdout.write(json.dumps({"id": request["id"]}) + "\\n")
    sys.stdout.flush()
`;

interface Line {
  readonly pid: string;
  readonly said: boolean;
  readonly arrival: Arrival;
}

function linesOf(journal: string): readonly Line[] {
  if (!existsSync(journal)) return [];
  return readFileSync(journal, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [kind, pid = "", ceId = "", webhookId = "", sequence = ""] = line.split(" ");
      return { pid, said: kind === "said", arrival: { ceId, webhookId, sequence, answered: null } };
    });
}

/** Attempts in the order in which they came; answered where the same process then wrote so. */
function arrivalsOf(journal: string): readonly Arrival[] {
  const lines = linesOf(journal);
  const said = new Map<string, number>();
  const name = ({ arrival, pid }: Line): string => `${pid} ${arrival.ceId}`;
  for (const line of lines) if (line.said) said.set(name(line), (said.get(name(line)) ?? 0) + 1);
  return lines.flatMap((line) => {
    if (line.said) return [];
    const left = said.get(name(line)) ?? 0;
    said.set(name(line), left - 1);
    return [{ ...line.arrival, answered: left > 0 ? 200 : null }];
  });
}

const scriptKilled: SoakScenario = {
  id: "script-killed",
  title: "the processes of a persistent script are killed (-9) again and again, beside a handler that is well",
  inTests: true,
  run: (run) =>
    SoakScene.play(run, async (scene) => {
      const folder = mkdtempSync(join(tmpdir(), "soak-script-"));
      const journal = join(folder, "journal");
      try {
        const kills = run.short ? 15 : 200;
        const script = { script: { path: "switch", persistent: true } };
        await scene.bridge({
          handlers: [
            told({ id: "switch", events: ["clients.update"], task: script, timeoutMs: 5000 }),
            told({ id: "crm", events: ["clients.update"], url: scene.sink.url("/crm") }),
          ],
          scripts: { switch: scriptOf(journal) },
        });
        await scene.producer.begin({ count: null, perSecond: 60, keys: 40 });
        let killed = 0;
        while (killed < kills) {
          await sleep(100 + scene.random() * 400);
          const pid = linesOf(journal).at(-1)?.pid;
          if (pid === undefined || !existsSync(`/proc/${pid}`)) continue;
          process.kill(Number(pid), "SIGKILL");
          killed++;
        }
        await scene.producer.end();
        const arrivals = (): readonly Arrival[] => arrivalsOf(journal);
        const row = await scene.settle(
          [
            // What was written down in the moment of the kill may not have been answered, or not read.
            { group: "switch", mayRepeat: 0.1, arrivals },
            { group: "crm", mayRepeat: 0 },
          ],
          180_000,
        );
        const pids = [...new Set(linesOf(journal).map(({ pid }) => pid))];
        scene.figures.push(`${killed} kills, ${pids.length} processes`);
        await slowly(
          "no process of the script is left",
          () => Promise.resolve(pids.every((pid) => !existsSync(`/proc/${pid}`))),
          10_000,
        ).catch((error: unknown) => scene.broken.push(String(error)));
        return row;
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }),
};

export const killedScripts: readonly SoakScenario[] = [scriptKilled];
