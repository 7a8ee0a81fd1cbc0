import { Type } from "typebox";
import { EventDetail, EventList, ExplainRequest } from "../contract/events.ts";
import { Refusal } from "../problem.ts";
import { answers, type Routes } from "./context.ts";
import { othersThan } from "./handler-parts.ts";

const tags = ["events"];
const EventParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) });

export const eventRoutes: Routes = (app, { ports }) => {
  const definitions = (): ReturnType<typeof othersThan> =>
    ports.handlers === null ? [] : othersThan(ports.handlers, null);

  app.get(
    "/api/events",
    {
      schema: {
        operationId: "listEvents",
        summary: "The events, and who handles them",
        tags,
        response: answers({ 200: EventList }),
      },
    },
    () => ({ items: [...ports.events.list(definitions())] }),
  );

  app.get(
    "/api/events/:id",
    {
      schema: {
        operationId: "getEvent",
        summary: "Fields, sample and schema of an event",
        tags,
        params: EventParams,
        response: answers({ 200: EventDetail }),
      },
    },
    ({ params: { id } }) => {
      const detail = ports.events.detail(id, definitions());
      if (detail === null) throw new Refusal("NOT_FOUND", `there is no event "${id}", and no handler names it`);
      return detail;
    },
  );

  app.post(
    "/api/events/:id/explain",
    // Changes nothing: viewers may.
    {
      config: { access: "read" },
      schema: {
        operationId: "explainEvent",
        summary: "Who would be asked and told; calls nothing",
        tags,
        params: EventParams,
        body: ExplainRequest,
        response: answers({ 200: Type.Record(Type.String(), Type.Unknown()) }),
      },
    },
    ({ params: { id }, body }) => ports.events.explain(id, body, definitions()),
  );
};
