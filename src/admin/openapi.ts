import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { ProblemDetails } from "./contract/common.ts";

/** OpenAPI 3.1 of every route, from the schemas that validate them; served as /openapi.json and kept in docs/. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  app.addSchema(ProblemDetails);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Provisioning bridge: admin API",
        version,
        description:
          "Handlers, executions, decisions, dead letters, replays, the flow and its switches. Viewers read, operators " +
          "write. Every error is `application/problem+json` with a stable `code`. See docs/admin-api.md.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/" }],
      components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
      security: [{ bearer: [] }],
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, at) => (typeof json.$id === "string" ? json.$id : `schema-${at}`),
    },
  });
}
