import type { Definition } from "../contract/handlers.ts";
import {
  Figures,
  FiguresQuery,
  HandlerDetail,
  HandlerHistory,
  HandlerList,
  HandlerQuery,
} from "../contract/handlers.ts";
import { byPriority, fresh, handlerRow, isAsked } from "../handler-rows.ts";
import { maskedDefinition } from "../mask-definition.ts";
import { Refusal } from "../problem.ts";
import { answers, HandlerParams, present, type Routes } from "./context.ts";
import { detailOf, logOf, registered } from "./handler-parts.ts";
import { etagOf } from "./precondition.ts";

const tags = ["handlers"];

export const handlerReadRoutes: Routes = (app, { ports }) => {
  app.get(
    "/api/handlers",
    {
      schema: {
        operationId: "listHandlers",
        summary: "The handlers",
        tags,
        querystring: HandlerQuery,
        response: answers({ 200: HandlerList }),
      },
    },
    async ({ query }) => {
      const log = logOf(ports);
      const recent = await fresh(ports);
      const { revision, handlers } = log.all();
      const rows = [...handlers.values()].map((one) => handlerRow(one, ports, recent));
      return { items: rows.filter((row) => isAsked(row, query)).sort(byPriority), revision };
    },
  );

  app.get(
    "/api/handlers/:id",
    {
      schema: {
        operationId: "getHandler",
        summary: "One handler; its revision is the ETag",
        tags,
        params: HandlerParams,
        response: answers({ 200: HandlerDetail }),
      },
    },
    async ({ params }, reply) => {
      const found = registered(logOf(ports), params.id);
      reply.header("etag", etagOf(found.revision));
      return detailOf(ports, found);
    },
  );

  app.get(
    "/api/handlers/:id/history",
    {
      schema: {
        operationId: "handlerHistory",
        summary: "Its versions, newest first",
        tags,
        params: HandlerParams,
        response: answers({ 200: HandlerHistory }),
      },
    },
    async ({ params }) => {
      const versions = await logOf(ports).history(params.id);
      if (versions.length === 0) throw new Refusal("NOT_FOUND", `there never was a handler "${params.id}"`);
      return {
        items: versions.map(({ revision, write: { at, by, action, note }, definition }) => {
          const shown: Definition | null = definition === null ? null : maskedDefinition(definition);
          return {
            revision,
            at,
            by,
            action,
            note,
            definition: shown,
            yaml: shown === null ? null : ports.definitions.yaml(shown),
          };
        }),
      };
    },
  );

  app.get(
    "/api/handlers/:id/figures",
    {
      schema: {
        operationId: "handlerFigures",
        summary: "Its calls over time",
        tags,
        params: HandlerParams,
        querystring: FiguresQuery,
        response: answers({ 200: Figures }),
      },
    },
    async ({ params, query: { minutes = 60 } }) => {
      const figures = present(ports.figures, "the execution log");
      const stepMs = stepFor(minutes * 60_000);
      const fromMs = Math.floor((Date.now() - minutes * 60_000) / stepMs) * stepMs;
      const { steps, outcomes } = await figures.steps(params.id, fromMs, stepMs);
      return { stepMs, steps: [...steps], outcomes: [...outcomes] };
    },
  );
};

/** At most 120 steps of a length that people use. */
function stepFor(spanMs: number): number {
  // The execution log counts by the minute: shorter steps would be empty in between.
  const lengths = [60, 300, 900, 3600, 7200].map((seconds) => seconds * 1000);
  return lengths.find((length) => spanMs / length <= 120) ?? 7_200_000;
}
