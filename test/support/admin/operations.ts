import type { TestApi } from "./test-api.ts";

/** One operation of the OpenAPI document, with an address that it takes. */
export interface ApiOperation {
  readonly name: string;
  readonly method: string;
  /** With its parameters filled in. */
  readonly path: string;
  readonly hasBody: boolean;
}

type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly requestBody?: unknown }>>>>;
};

const samples: Readonly<Record<string, string>> = { id: "credit-guard", partition: "0", offset: "0", group: "switch" };

/** Every operation that the API says it has: a route that is added cannot be forgotten by who tests them all. */
export async function apiOperations(api: TestApi): Promise<readonly ApiOperation[]> {
  const { json } = await api.ask("/openapi.json");
  const { paths } = json as unknown as Document;
  return Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { requestBody }]) => ({
      name: `${method.toUpperCase()} ${template}`,
      method: method.toUpperCase(),
      path: template.replaceAll(/\{(\w+)\}/g, (_all, name: string) => samples[name] ?? "1"),
      hasBody: requestBody !== undefined,
    })),
  );
}
