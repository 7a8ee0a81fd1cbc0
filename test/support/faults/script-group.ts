import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asked } from "../handlers.ts";
import { wellBehaved } from "./hostile-group.ts";
import { nothing, type Said } from "./said.ts";
import { always, type Group, type Place, type Scenario, type Stage } from "./scenario.ts";
import { Scene } from "./scene.ts";

interface ScriptHostility {
  readonly id: string;
  readonly title: string;
  /** What follows the account of what is said; `$NAP` is a sleep that can be recognised among the machine's processes. */
  readonly text: string;
  readonly said: (ceId: string) => Said;
  readonly onFailure: "allow" | "forbid";
  readonly shows: readonly string[];
}

const allowText = `printf '{"decision":"allow","data":{"c_company":"said of %s"}}' "$CE_ID"`;
const allows = (ceId: string): Said => ({ kind: "allow", change: { c_company: `said of ${ceId}` } });
const saysNothing = (): Said => nothing;

const hostilities: readonly ScriptHostility[] = [
  {
    id: "forks",
    title: "starts twenty children that hold its output open, and answers",
    text: `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do $NAP & done\n${allowText}`,
    said: allows,
    onFailure: "allow",
    shows: ["modify"],
  },
  {
    id: "fork-hang",
    title: "starts twenty children and hangs with them",
    text: "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do $NAP & done\nwait",
    said: saysNothing,
    onFailure: "forbid",
    shows: ["timeout"],
  },
  {
    id: "ignores-term",
    title: "ignores SIGTERM, as its children do",
    text: "trap '' TERM INT HUP\n(trap '' TERM; while :; do $NAP; done) &\nwhile :; do $NAP; done",
    said: saysNothing,
    onFailure: "allow",
    shows: ["timeout"],
  },
  {
    id: "floods-out",
    title: "floods its output without end, a good answer in front",
    text: `${allowText}\nexec yes`,
    said: saysNothing,
    onFailure: "allow",
    shows: ["too-large"],
  },
  {
    id: "floods-error",
    title: "writes a megabyte to its standard error, and answers",
    text: `yes | head -c 1000000 >&2\n${allowText}`,
    said: allows,
    onFailure: "allow",
    shows: ["modify"],
  },
  {
    id: "escapes",
    title: "leaves a child in a session of its own that holds its output open, and answers",
    text: `if command -v setsid >/dev/null; then setsid sleep 3 & else sleep 3 & fi\n${allowText}`,
    said: allows,
    onFailure: "allow",
    shows: ["modify"],
  },
  {
    id: "dies",
    title: "writes a good answer, then fails or is killed",
    text: `${allowText}\ncase "$CE_ID" in *[02468]) exit 3;; *) kill -9 $$;; esac`,
    said: saysNothing,
    onFailure: "forbid",
    shows: ["exit"],
  },
  {
    id: "forbids",
    title: "forbids by exit 10",
    text: `printf '{"code":"script","message":"no"}'\nexit 10`,
    said: () => ({ kind: "forbid", code: "script" }),
    onFailure: "allow",
    shows: ["forbid"],
  },
];

const deadlineMs = 1500;
const timeoutMs = 450;

export const scriptGroup: Group = {
  name: "scripts that fork, flood, hang and leave",
  scenarios: hostilities.map(({ id, title }) => ({ id, title: `a script ${title}` })),
  // Two of each run at once, and each is a process or twenty-two.
  short: { requests: 24, perSecond: 12 },
  long: { requests: 500, perSecond: 10 },
  strikesBroker: false,
  open,
};

async function open({ servers }: Place): Promise<Stage> {
  const scene = await Scene.open(servers);
  const folder = mkdtempSync(join(tmpdir(), "fault-scripts-"));
  const account = join(folder, "said");
  writeFileSync(account, "");
  // No other process of this machine sleeps for exactly so long.
  const nap = `sleep 86${process.pid}.5`;
  const textOf = ({ id, text }: ScriptHostility): string =>
    `#!/bin/sh\ncat >/dev/null\nNAP="${nap}"\necho "${id} $CE_ID" >> ${account}\n${text}\n`;
  const close = async (): Promise<void> => {
    await scene.close();
    endAll(nap);
    rmSync(folder, { recursive: true, force: true });
  };
  const rows = hostilities.map(({ id, onFailure }) =>
    asked({
      id,
      events: ["clients.update"],
      script: `${id}.sh`,
      priority: 10,
      when: `data.reg_id == "${id}"`,
      timeoutMs,
      mayChange: ["c_company"],
      onFailure,
    }),
  );
  const scripts = Object.fromEntries(hostilities.map((one) => [`${one.id}.sh`, textOf(one)]));
  await scene.bridge({ handlers: [...wellBehaved(scene), ...rows], scripts }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { close, scenario: (id) => scenarioOf(scene, id, account, nap) };
}

function scenarioOf(scene: Scene, id: string, accountFile: string, nap: string): Scenario {
  const one = hostilities.find((candidate) => candidate.id === id);
  if (one === undefined) throw new Error(`no scenario ${id}`);
  const { onFailure, said, shows } = one;
  const account = (): readonly string[] => {
    for (const line of readFileSync(accountFile, "utf8").trim().split("\n")) {
      const [handler = "", ceId = ""] = line.split(" ");
      if (handler === id) scene.hostile.add({ handler, ceId, said: said(ceId), atMs: 0 });
    }
    const left = sleeping(nap).length;
    return left === 0 ? [] : [`${left} children of scripts were left behind`];
  };
  return {
    run: (scale) =>
      scene.run({
        ...scale,
        ...{ scenario: id, about: id, deadlineMs },
        handlers: { ...always, [id]: { mayChange: ["c_company"], onFailure, always: true } },
        afterwards: async () => {
          // The last ones have a grace of 100 ms between SIGTERM and SIGKILL.
          await new Promise((resolve) => setTimeout(resolve, 1000));
          return account();
        },
      }),
    unproven: ({ outcomes }) => {
      const missing = shows.filter((outcome) => outcomes[outcome] === undefined);
      return missing.length === 0 ? null : `no ${missing.join(", ")} among ${JSON.stringify(outcomes)}`;
    },
  };
}

/** Ids of the processes that sleep so; Linux only, elsewhere none are found. */
function sleeping(nap: string): readonly number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) && commandOf(name) === nap ? [Number(name)] : []));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

/** Ends what the scripts left in sessions of their own: nothing else on the machine has that name. */
function endAll(nap: string): void {
  for (const pid of sleeping(nap)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}
