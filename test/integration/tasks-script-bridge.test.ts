import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BridgeProcess } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked, told } from "../support/handlers.ts";

/**
 * Writes each request's delivery and sequence down in `file`, with its own process id, and answers; hangs while there is
 * a file `hang`. Neither SIGTERM nor the end of its input ends it.
 */
function answering(folder: string, file: string, answer: string): string {
  return `#!/bin/sh
trap '' TERM
while read -r line; do
  id=\${line#*'"id":"'}; delivery=\${line#*'"webhook-id":"'}; sequence=\${line#*'"bridge-sequence":"'}
  echo "$$ \${delivery%%'"'*} \${sequence%%'"'*}" >> ${folder}/${file}
  while [ -e ${folder}/hang ]; do sleep 0.05; done
  printf '{"id":"%s",${answer}}\\n' "\${id%%'"'*}"
done
while :; do sleep 1; done
`;
}

interface Seen {
  readonly pid: string;
  readonly delivery: string;
  readonly sequence: string;
}

function seenIn(folder: string): readonly Seen[] {
  if (!existsSync(join(folder, "seen"))) return [];
  const lines = readFileSync(join(folder, "seen"), "utf8").trim().split("\n");
  return lines.map((line) => {
    const [pid = "", delivery = "", sequence = ""] = line.split(" ");
    return { pid, delivery, sequence };
  });
}

const isUp = (pid: string): boolean => existsSync(`/proc/${pid}`);

test("persistent scripts decide and are told; a killed bridge takes them along, and the next delivers what was open", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "script-bridge-"));
  const topics = await FreshTopics.open();
  t.after(async () => {
    await topics.close();
    await rm(folder, { recursive: true });
  });
  const task = (path: string) => ({ task: { script: { path, persistent: true } } });
  const handlers = [
    asked({
      id: "judge",
      events: ["clients.update"],
      script: "judge",
      ...task("judge"),
      timeoutMs: 900,
      onFailure: "allow",
    }),
    told({ id: "switch", events: ["clients.update"], script: "switch", ...task("switch") }),
  ];
  const scripts = {
    judge: answering(folder, "asked", '"decision":"forbid","reason":{"code":"no","message":"never"}'),
    switch: answering(folder, "seen", '"note":"done"'),
  };
  const options = { env: topics.env, handlers, scripts };
  const bridge = await BridgeProcess.ready(options);
  t.after(() => bridge.kill());
  const core = await topics.core({ onSilence: "allow", events: ["clients.update"] });
  for (const id of [1, 2, 3]) await core.publish({ id: "clients.update", data: { id, name: "n" } });
  await eventually(
    "all are delivered",
    async () => (await bridge.counter("fact_ends_total", { end: "delivered" })) === 3,
  );
  const verdict = await core.request({ id: "clients.update", data: { id: 1, name: "n" } }, { deadlineMs: 4000 });
  assert.deepEqual([verdict.decision, verdict.decidedBy], ["forbid", "handler"]);
  assert.ok((await bridge.counter("handler_calls", { handler: "switch", stage: "after", state: "in-flight" })) === 0);

  await writeFile(join(folder, "hang"), "");
  await core.publish({ id: "clients.update", data: { id: 4, name: "open" } });
  await eventually("one is under way", () => seenIn(folder).length === 4);
  const pids = new Set(seenIn(folder).map(({ pid }) => pid));
  assert.ok([...pids].some(isUp));
  bridge.signal("SIGKILL");
  assert.equal(await bridge.exit().catch(String), "SIGKILL");
  await eventually("no script is left", () => ![...pids].some(isUp));

  await rm(join(folder, "hang"));
  const second = await BridgeProcess.ready(options);
  t.after(() => second.kill());
  const open = seenIn(folder)[3];
  await eventually("the open one is delivered under the same id", () =>
    seenIn(folder).some((seen, at) => at > 3 && seen.delivery === open?.delivery && seen.sequence === open.sequence),
  );
  const later = seenIn(folder).at(-1)?.pid ?? "";
  second.signal("SIGTERM");
  assert.equal(await second.exit(), 0);
  assert.ok(!isUp(later), "a planned stop leaves none either");
});
