import { Session } from "../contract/common.ts";
import { answers, type Routes } from "./context.ts";

export const sessionRoutes: Routes = (app, { ports, gate, about }) => {
  app.get(
    "/api/session",
    {
      schema: {
        operationId: "session",
        summary: "Who asks, and what may be changed",
        tags: ["session"],
        response: answers({ 200: Session }),
      },
    },
    ({ identity }): Session => ({
      user: identity?.user ?? null,
      role: identity?.role ?? "viewer",
      authentication: identity?.by ?? "none",
      readOnly: gate.readOnly,
      handlersReadOnly: ports.handlers?.readOnly ?? null,
      ...about,
    }),
  );
};
