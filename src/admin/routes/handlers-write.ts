import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { ChangeAction, HandlerDefinition } from "../../model/handler-log.ts";
import { HandlerDetail, HandlerWrite, Rollback, StatusWrite } from "../contract/handlers.ts";
import { unmaskedDefinition } from "../mask-definition.ts";
import type { HandlerLog, WriteEnd } from "../ports.ts";
import { Refusal } from "../problem.ts";
import { answers, byOf, HandlerParams, type Routes } from "./context.ts";
import { detailOf, logOf, registered } from "./handler-parts.ts";
import { baseOf, etagOf, PreconditionHeaders } from "./precondition.ts";

const tags = ["handlers"];
const schema = { tags, params: HandlerParams, headers: PreconditionHeaders };

interface Change {
  readonly id: string;
  readonly action: ChangeAction;
  readonly base: number | null;
  readonly definition: HandlerDefinition | null;
  readonly note: string | null;
}

/** Every one builds on a revision: of two who change the same handler at once one is told. */
export const handlerWriteRoutes: Routes = (app, { ports }) => {
  const write = async (request: FastifyRequest, { id, action, base, definition, note }: Change): Promise<number> => {
    const log = writable(logOf(ports));
    const changes = [{ handlerId: id, base, definition }];
    return revisionOf(await log.write({ action, by: byOf(request.identity), note, changes }), id);
  };
  const answer = async (id: string): Promise<[HandlerDetail: Static<typeof HandlerDetail>, etag: string]> => {
    const found = registered(logOf(ports), id);
    return [await detailOf(ports, found), etagOf(found.revision)];
  };

  app.put(
    "/api/handlers/:id",
    {
      schema: {
        ...schema,
        operationId: "putHandler",
        summary: "Creates or changes a handler",
        body: HandlerWrite,
        response: answers({ 200: HandlerDetail, 201: HandlerDetail }),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { definition, note = null } = request.body;
      if (definition.id !== id)
        throw new Refusal("REQUEST_INVALID", `the definition is of "${definition.id}", the address of "${id}"`);
      const base = baseOf(request);
      const stored = logOf(ports).all().handlers.get(id)?.definition ?? null;
      const action = base === null ? "create" : "update";
      await write(request, { id, action, base, definition: unmaskedDefinition(definition, stored), note });
      const [detail, etag] = await answer(id);
      return reply
        .code(base === null ? 201 : 200)
        .header("etag", etag)
        .send(detail);
    },
  );

  app.post(
    "/api/handlers/:id/status",
    {
      schema: {
        ...schema,
        operationId: "setHandlerStatus",
        summary: "Switches a handler on, off, or to the archive",
        body: StatusWrite,
        response: answers({ 200: HandlerDetail }),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { from, status } = request.body;
      const base = baseOf(request);
      const { definition } = registered(logOf(ports), id);
      if (from === "now" && (status !== "enabled" || definition["stage"] !== "after"))
        throw new Refusal("REQUEST_INVALID", "from: now is for after handlers that are enabled");
      const since = from === "now" ? { since: new Date().toISOString() } : {};
      const action = ({ enabled: "enable", disabled: "disable", archived: "archive" } as const)[status];
      await write(request, { id, action, base, definition: { ...definition, ...since, status }, note: null });
      const [detail, etag] = await answer(id);
      return reply.header("etag", etag).send(detail);
    },
  );

  app.post(
    "/api/handlers/:id/rollback",
    {
      schema: {
        ...schema,
        operationId: "rollBackHandler",
        summary: "Makes an older version the newest",
        body: Rollback,
        response: answers({ 200: HandlerDetail }),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { revision } = request.body;
      const base = baseOf(request);
      const version = (await logOf(ports).history(id)).find((one) => one.revision === revision);
      const definition = version?.definition ?? null;
      if (definition === null)
        throw new Refusal("NOT_FOUND", `"${id}" has no version ${revision} to go back to (among its last 200)`);
      await write(request, { id, action: "rollback", base, definition, note: `to revision ${revision}` });
      const [detail, etag] = await answer(id);
      return reply.header("etag", etag).send(detail);
    },
  );

  app.delete(
    "/api/handlers/:id",
    {
      schema: {
        ...schema,
        operationId: "deleteHandler",
        summary: "Takes a handler out; its history stays",
        response: answers({ 204: Type.Null({ description: "It is gone" }) }),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const base = baseOf(request);
      if (base === null) throw new Refusal("REQUEST_INVALID", "only what is there can be deleted: send If-Match");
      registered(logOf(ports), id);
      await write(request, { id, action: "delete", base, definition: null, note: null });
      return reply.code(204).send(null);
    },
  );
};

function writable(log: HandlerLog): HandlerLog {
  if (log.readOnly !== null) throw new Refusal("READ_ONLY", log.readOnly);
  return log;
}

function revisionOf(end: WriteEnd, id: string): number {
  switch (end.kind) {
    case "written":
      return end.revision;
    case "conflict":
      throw new Refusal(
        "CONFLICT",
        end.found === null
          ? `there is no handler "${id}" (any more)`
          : `"${id}" is at revision ${end.found} now: look at it again`,
        { found: end.found },
      );
    case "refused":
      throw new Refusal("UNUSABLE", "it would not run as it is written, and was not saved", { problems: end.problems });
  }
}
