import { Type } from "typebox";
import {
  DecisionDetail,
  DecisionPage,
  DecisionQuery,
  ExecutionDetail,
  ExecutionPage,
  ExecutionQuery,
} from "../contract/executions.ts";
import type { ExecutionSearch } from "../ports.ts";
import { Refusal } from "../problem.ts";
import { answers, present, type Routes } from "./context.ts";

const EntryParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) });

export const executionRoutes: Routes = (app, { ports }) => {
  const search = (): ExecutionSearch => present(ports.executions, "the execution log");

  app.get(
    "/api/executions",
    {
      schema: {
        operationId: "listExecutions",
        summary: "Calls of handlers, newest first",
        tags: ["executions"],
        querystring: ExecutionQuery,
        response: answers({ 200: ExecutionPage }),
      },
    },
    async ({ query }) => listed(await search().executions(query)),
  );
  app.get(
    "/api/executions/:id",
    {
      schema: {
        operationId: "getExecution",
        summary: "One call: what was sent, what came back",
        tags: ["executions"],
        params: EntryParams,
        response: answers({ 200: ExecutionDetail }),
      },
    },
    async ({ params: { id } }) => found(await search().execution(id), id),
  );
  app.get(
    "/api/decisions",
    {
      schema: {
        operationId: "listDecisions",
        summary: "Decided requests, newest first",
        tags: ["decisions"],
        querystring: DecisionQuery,
        response: answers({ 200: DecisionPage }),
      },
    },
    async ({ query }) => listed(await search().decisions(query)),
  );
  app.get(
    "/api/decisions/:id",
    {
      schema: {
        operationId: "getDecision",
        summary: "One decision: who said what, and what was changed",
        tags: ["decisions"],
        params: EntryParams,
        response: answers({ 200: DecisionDetail }),
      },
    },
    async ({ params: { id } }) => found(await search().decision(id), id),
  );
};

function listed<T>({ items, next }: { readonly items: readonly T[]; readonly next: string | null }): {
  items: T[];
  next: string | null;
} {
  return { items: [...items], next };
}

function found<T>(entry: T | null, id: string): T {
  if (entry === null) throw new Refusal("NOT_FOUND", `there is no entry "${id}" (any more)`);
  return entry;
}
