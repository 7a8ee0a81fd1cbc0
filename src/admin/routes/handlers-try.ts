import type { HandlerDefinition } from "../../model/handler-log.ts";
import { CheckRequest, CheckResult, TestRequest, TestResult } from "../contract/handlers.ts";
import { unmaskedDefinition } from "../mask-definition.ts";
import { Refusal } from "../problem.ts";
import { answers, HandlerParams, present, type Routes } from "./context.ts";
import { logOf, othersThan } from "./handler-parts.ts";

const tags = ["handlers"];

/** What would be, without saving anything. */
export const handlerTryRoutes: Routes = (app, { ports }) => {
  app.post(
    "/api/handlers/check",
    // Changes nothing: viewers may.
    {
      config: { access: "read" },
      schema: {
        operationId: "checkHandler",
        summary: "What saving a definition would say",
        tags,
        body: CheckRequest,
        response: answers({ 200: CheckResult }),
      },
    },
    ({ body: { definition } }) => {
      const log = logOf(ports);
      const id = idOf(definition);
      const stored = id === null ? null : (log.all().handlers.get(id)?.definition ?? null);
      const read = id === null ? definition : unmaskedDefinition(definition as HandlerDefinition, stored);
      return ports.definitions.check(read, othersThan(log, id));
    },
  );

  app.post(
    "/api/handlers/:id/test",
    {
      schema: {
        operationId: "testHandler",
        summary: "Calls a handler once; nothing is applied",
        tags,
        params: HandlerParams,
        body: TestRequest,
        response: answers({ 200: TestResult }),
      },
    },
    async ({ params: { id }, body }) => {
      const tests = present(ports.tests, "test calls");
      const stored = logOf(ports).all().handlers.get(id)?.definition ?? null;
      const given = body.definition;
      if (given !== undefined && given.id !== id)
        throw new Refusal("REQUEST_INVALID", `the definition is of "${given.id}", the address of "${id}"`);
      const definition = given === undefined ? stored : unmaskedDefinition(given, stored);
      if (definition === null)
        throw new Refusal("NOT_FOUND", `there is no handler "${id}"; a new one is sent along as \`definition\``);
      return tests.test(definition, body);
    },
  );
};

/** Null: it names none that could be looked up. */
function idOf(definition: unknown): string | null {
  if (typeof definition !== "object" || definition === null || Array.isArray(definition)) return null;
  const { id } = definition as { id?: unknown };
  return typeof id === "string" ? id : null;
}
