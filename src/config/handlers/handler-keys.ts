import type { Stage } from "../../model/handler.ts";

/** The keys of a handler, in the order they are usually written, and the stage that has them. */
export const handlerKeys = {
  id: "both",
  name: "both",
  stage: "both",
  events: "both",
  when: "both",
  task: "both",
  status: "both",
  priority: "both",
  timeoutMs: "both",
  numbers: "both",
  rateLimit: "both",
  inFlight: "both",
  mayChange: "before",
  onFailure: "before",
  mode: "before",
  canary: "before",
  bestEffort: "before",
  group: "after",
  retry: "after",
  ordered: "after",
  catchUp: "after",
  since: "after",
} as const satisfies Record<string, Stage | "both">;

export type HandlerKey = keyof typeof handlerKeys;

/** Milliseconds a call may take: the smallest, the largest and the default value of `timeoutMs`. */
export const timeouts = {
  before: { least: 20, most: 2000, usual: 300 },
  after: { least: 20, most: 60_000, usual: 10_000 },
} as const;

/** Lower runs first. */
export const priorities = { least: 1, most: 1_000_000, usual: 100 } as const;

/** Calls under way at once that `inFlight` may allow. */
export const placesOf = { least: 1, most: 1024 } as const;

/** An id becomes part of topic keys, consumer groups, metrics and paths. */
export const idPattern: RegExp = /^[a-z0-9][a-z0-9._-]{0,62}$/;
