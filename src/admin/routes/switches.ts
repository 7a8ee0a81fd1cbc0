import { Type } from "typebox";
import { longestBypassMs, type SwitchChange } from "../../model/handler-log.ts";
import { BypassWrite, LogLevelWrite, PauseWrite, Switches } from "../contract/switches.ts";
import type { Identity } from "../identity/identity.ts";
import { Refusal } from "../problem.ts";
import { answers, byOf, type Routes } from "./context.ts";
import { logOf } from "./handler-parts.ts";

export const switchRoutes: Routes = (app, { ports }) => {
  const tags = ["switches"];
  const response = answers({ 200: Switches });
  const set = async (change: SwitchChange, identity: Identity | null, note: string | null): Promise<Switches> => {
    const log = logOf(ports);
    await log.set(change, byOf(identity), note);
    return log.switches();
  };

  app.get(
    "/api/switches",
    { schema: { operationId: "switches", summary: "What operators set while everything runs", tags, response } },
    () => logOf(ports).switches(),
  );
  app.put(
    "/api/switches/bypass-before",
    {
      schema: {
        operationId: "setBypassBefore",
        summary: "Until then no handler is asked before a change",
        tags,
        body: BypassWrite,
        response,
      },
    },
    ({ body: { until, note }, identity }) => {
      if (until !== null) checkAhead(Date.parse(until));
      return set({ what: "bypass-before", until }, identity, note ?? null);
    },
  );
  app.put(
    "/api/switches/groups/:group",
    {
      schema: {
        operationId: "pauseGroup",
        summary: "Pauses or resumes a handler group",
        tags,
        params: Type.Object({ group: Type.String({ minLength: 1, maxLength: 200 }) }),
        body: PauseWrite,
        response,
      },
    },
    ({ params: { group }, body: { paused }, identity }) => set({ what: "pause-group", group, paused }, identity, null),
  );
  app.put(
    "/api/switches/log-level",
    {
      schema: {
        operationId: "setLogLevel",
        summary: "The least level that every instance logs",
        tags,
        body: LogLevelWrite,
        response,
      },
    },
    ({ body: { level }, identity }) => set({ what: "log-level", level }, identity, null),
  );
};

function checkAhead(untilMs: number): void {
  const aheadMs = untilMs - Date.now();
  if (!(aheadMs > 0 && aheadMs <= longestBypassMs)) {
    throw new Refusal(
      "REQUEST_INVALID",
      "`until` must lie ahead, by 24 hours at most: a bypass that is forgotten ends by itself",
    );
  }
}
