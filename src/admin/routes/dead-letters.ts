import { Type } from "typebox";
import { LetterDetail, LetterPage, LetterQuery, Replay, ReplayList, ReplayRequest } from "../contract/dead-letters.ts";
import type { Replays } from "../ports.ts";
import { Refusal } from "../problem.ts";
import { answers, byOf, givenUp, present, type Routes } from "./context.ts";

const LetterParams = Type.Object({
  partition: Type.Integer({ minimum: 0, maximum: 999_999 }),
  offset: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
});
const ReplayParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) });

export const deadLetterRoutes: Routes = (app, { ports }) => {
  app.get(
    "/api/dead-letters",
    {
      schema: {
        operationId: "listDeadLetters",
        summary: "Dead letters, newest first",
        tags: ["dead letters"],
        querystring: LetterQuery,
        response: answers({ 200: LetterPage }),
      },
    },
    async ({ query }, reply) => {
      const { items, next } = await present(ports.letters, "dead letters").list(query, givenUp(reply));
      return { items: [...items], next };
    },
  );
  app.get(
    "/api/dead-letters/:partition/:offset",
    {
      schema: {
        operationId: "getDeadLetter",
        summary: "One dead letter: why, and what was to be delivered",
        tags: ["dead letters"],
        params: LetterParams,
        response: answers({ 200: LetterDetail }),
      },
    },
    async ({ params: { partition, offset } }) => {
      const letter = await present(ports.letters, "dead letters").letter(partition, offset);
      if (letter === null) throw new Refusal("NOT_FOUND", `no dead letter stands at ${partition}/${offset} (any more)`);
      return letter;
    },
  );
};

export const replayRoutes: Routes = (app, { ports }) => {
  const tags = ["replays"];
  const replays = (): Replays => present(ports.replays, "replays");
  const known = (replay: Replay | null, id: string): Replay => {
    if (replay === null) throw new Refusal("NOT_FOUND", `there is no replay "${id}" on this instance (any more)`);
    return replay;
  };

  app.post(
    "/api/replays",
    {
      schema: {
        operationId: "startReplay",
        summary: "Delivers dead letters again, or plans it (dryRun)",
        tags,
        body: ReplayRequest,
        response: answers({ 200: Replay, 202: Replay }),
      },
    },
    async ({ body, identity }, reply) => {
      if ((body.positions === undefined) === (body.filter === undefined)) {
        throw new Refusal("REQUEST_INVALID", "name either positions or a filter ({} means every dead letter)");
      }
      const replay = await replays().start(body, byOf(identity), givenUp(reply));
      if (body.dryRun === true) return replay;
      return reply
        .code(202)
        .header("location", `/api/replays/${encodeURIComponent(replay.id)}`)
        .send(replay);
    },
  );
  app.get(
    "/api/replays",
    {
      schema: {
        operationId: "listReplays",
        summary: "The replays of this instance, newest first",
        tags,
        response: answers({ 200: ReplayList }),
      },
    },
    () => ({ items: [...replays().list()] }),
  );
  app.get(
    "/api/replays/:id",
    {
      schema: {
        operationId: "getReplay",
        summary: "How far a replay is",
        tags,
        params: ReplayParams,
        response: answers({ 200: Replay }),
      },
    },
    ({ params: { id } }) => known(replays().get(id), id),
  );
  app.delete(
    "/api/replays/:id",
    {
      schema: {
        operationId: "stopReplay",
        summary: "Stops a replay between two letters",
        tags,
        params: ReplayParams,
        response: answers({ 200: Replay }),
      },
    },
    ({ params: { id } }) => known(replays().stop(id), id),
  );
};
