import { openApiDocument } from "../../src/admin/openapi-document.ts";
import { version } from "../../src/bridge/version.ts";
import type { Generator } from "./generator.ts";

/** The admin API, as an instance serves it under /openapi.json. */
export const openApi: Generator = {
  path: "docs/openapi.json",
  render: async () => `${JSON.stringify(await openApiDocument(version), null, 1)}\n`,
};
