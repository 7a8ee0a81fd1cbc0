import { asked } from "../handlers.ts";
import type { Row } from "./row.ts";
import { always, type Group, type Place, type Scale, type Scenario, type Stage } from "./scenario.ts";
import { Scene } from "./scene.ts";

/** One way of a handler to be hostile. */
interface Hostility {
  readonly id: string;
  readonly title: string;
  readonly mayChange: readonly (string | object)[];
  readonly onFailure: "allow" | "forbid";
  /** An outcome of its calls that shows the fault was there. */
  readonly shows: readonly string[];
  /** How many of its calls must have ended so: one, where a breaker opens soon. */
  readonly least?: "half";
  readonly deadlineMs?: number;
  readonly timeoutMs?: number;
  readonly parameters?: Readonly<Record<string, string>>;
}

const usualDeadlineMs = 1500;
/** Long enough for an answer on a busy machine; where the timeout itself is the matter, it is stated. */
const usualTimeoutMs = 400;
const shortTimeoutMs = 250;

const company = ["c_company"];

const answers: readonly Hostility[] = [
  { id: "html", title: "answers an HTML page", mayChange: company, onFailure: "forbid", shows: ["bad-answer"] },
  { id: "gzip-bomb", title: "answers gzip bombs", mayChange: company, onFailure: "allow", shows: ["bad-answer"] },
  {
    id: "duplicate-keys",
    title: "repeats keys, pollutes prototypes, answers twice in one body, echoes another event",
    mayChange: company,
    onFailure: "allow",
    shows: ["bad-answer"],
  },
  {
    id: "wrong-types",
    title: "answers wrong types and wrong shapes",
    mayChange: ["c_company", "orig_capacity", "credit", "name", "payment_terms_id"],
    onFailure: "allow",
    shows: ["bad-answer", "invalid"],
  },
  {
    id: "big-numbers",
    title: "answers integers past 2^53, decimals no float holds, and numbers out of range",
    mayChange: ["orig_capacity", "credit", "payment_terms_id"],
    onFailure: "allow",
    shows: ["modify", "invalid", "bad-answer"],
  },
  { id: "deep", title: "nests 100,000 levels deep", mayChange: ["*"], onFailure: "forbid", shows: ["bad-answer"] },
  {
    id: "forbidden",
    title: "changes ids, tenants, times of record, fields outside its mask, and past its rules",
    mayChange: ["c_company", { field: "orig_capacity", rule: "lower-only" }, { field: "credit", maxDelta: "50" }],
    onFailure: "allow",
    shows: ["not-permitted", "invalid"],
  },
  {
    id: "status",
    title: "answers a change under 3xx and 4xx, redirects elsewhere",
    mayChange: company,
    onFailure: "forbid",
    shows: ["status"],
  },
];

const transports: readonly Hostility[] = [
  {
    id: "hang",
    title: "never answers",
    mayChange: company,
    onFailure: "allow",
    shows: ["timeout", "breaker-open"],
    timeoutMs: shortTimeoutMs,
  },
  {
    id: "drip",
    title: "answers a byte a second",
    mayChange: company,
    onFailure: "forbid",
    shows: ["timeout", "breaker-open"],
    timeoutMs: shortTimeoutMs,
  },
  {
    id: "reset",
    title: "resets the connection before, in and after the head of its answer",
    mayChange: company,
    onFailure: "allow",
    shows: ["unreachable", "breaker-open"],
  },
  {
    id: "half-close",
    title: "half-closes in the middle of its answer",
    mayChange: company,
    onFailure: "allow",
    shows: ["unreachable"],
  },
  { id: "huge", title: "answers 100 MB", mayChange: company, onFailure: "allow", shows: ["too-large"] },
  {
    id: "late",
    title: "answers a good change after the deadline",
    mayChange: company,
    onFailure: "allow",
    shows: ["timeout"],
    deadlineMs: 900,
    timeoutMs: 650,
    parameters: { ms: "1000" },
  },
  {
    id: "stalls",
    title: "works, then stalls, then works again",
    mayChange: company,
    onFailure: "allow",
    shows: ["modify", "timeout"],
    parameters: { after: "20" },
  },
  {
    id: "twice",
    title: "sends a second answer behind each, for whoever asks next",
    mayChange: company,
    onFailure: "allow",
    shows: ["modify"],
  },
  {
    id: "garbage",
    title: "answers what is not HTTP",
    mayChange: company,
    onFailure: "forbid",
    shows: ["unreachable", "breaker-open"],
  },
];

function groupOf(name: string, hostilities: readonly Hostility[]): Group {
  return {
    name,
    scenarios: hostilities.map(({ id, title }) => ({ id, title: `a handler ${title}` })),
    short: { requests: 60, perSecond: 60 },
    long: { requests: 1000, perSecond: 50 },
    strikesBroker: false,
    open: (place) => open(hostilities, place),
  };
}

export const answerGroup = groupOf(
  "handlers that answer nonsense",
  answers.map((one) => ({ ...one, least: "half" })),
);
export const transportGroup = groupOf("handlers that hang, cut and flood", transports);

/** One bridge for all of them: each is asked about its own requests only, between a mutator and a validator that are well. */
async function open(hostilities: readonly Hostility[], { servers }: Place): Promise<Stage> {
  const scene = await Scene.open(servers);
  const events = ["clients.update"];
  const { hostile } = scene;
  const hostileRow = (one: Hostility): object =>
    asked({
      id: one.id,
      events,
      url: hostile.url(one.id, one.parameters),
      priority: 10,
      when: `data.reg_id == "${one.id}"`,
      timeoutMs: one.timeoutMs ?? usualTimeoutMs,
      mayChange: one.mayChange,
      onFailure: one.onFailure,
    });
  await scene
    .bridge({ handlers: [...wellBehaved(scene), ...hostilities.map(hostileRow)] })
    .then(() => scene.answered())
    .catch(async (error: unknown) => {
      await scene.close();
      throw error;
    });
  return {
    close: () => scene.close(),
    scenario: (id) => {
      const one = hostilities.find((candidate) => candidate.id === id);
      if (one === undefined) throw new Error(`no scenario ${id}`);
      return scenarioOf(scene, one);
    },
  };
}

/** A mutator that comes first and a validator that comes last, for every request. */
export function wellBehaved({ hostile }: Scene): readonly object[] {
  const events = ["clients.update"];
  return [
    asked({ id: "tidy", events, url: hostile.url("tidy"), priority: 1, timeoutMs: 400, mayChange: ["name"] }),
    asked({ id: "guard", events, url: hostile.url("guard"), timeoutMs: 400, onFailure: "forbid" }),
  ];
}

function scenarioOf(
  scene: Scene,
  { deadlineMs = usualDeadlineMs, id, least, mayChange, onFailure, shows }: Hostility,
): Scenario {
  const fields = mayChange.map((rule) => (typeof rule === "string" ? rule : (rule as { field: string }).field));
  const handlers = { ...always, [id]: { mayChange: fields, onFailure, always: true } };
  return {
    run: (scale: Scale) => scene.run({ scenario: id, about: id, handlers, deadlineMs, ...scale }),
    unproven: ({ outcomes, requests }: Row) => {
      const missing = shows.filter((outcome) => outcomes[outcome] === undefined);
      if (missing.length > 0) return `no ${missing.join(", ")} among ${JSON.stringify(outcomes)}`;
      const shown = shows.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
      return least === undefined || shown * 2 > requests ? null : `too little of it: ${JSON.stringify(outcomes)}`;
    },
  };
}
