import { AuditPage, AuditQuery } from "../contract/audit.ts";
import { answers, type Routes } from "./context.ts";

export const auditRoutes: Routes = (app, { ports }) => {
  app.get(
    "/api/audit",
    {
      schema: {
        operationId: "listAudit",
        summary: "What was changed and what was refused, newest first",
        tags: ["audit"],
        querystring: AuditQuery,
        response: answers({ 200: AuditPage }),
      },
    },
    async ({ query }) => {
      const { items, next } = await ports.audit.entries(query);
      return { items: [...items], next };
    },
  );
};
