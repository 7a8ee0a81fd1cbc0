import type { SchemaRegistry } from "@kafkajs/confluent-schema-registry";

type ClientArguments = ConstructorParameters<typeof SchemaRegistry>[0];
type Middleware = NonNullable<ClientArguments["middlewares"]>[number];

/** A failed call, as the registry client reports it: with the status of the answer. */
export class RegistryCallFailed extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/**
 * Around every request of the registry client: cuts the connection at the deadline, and refuses a success that is not
 * JSON (some proxy's page), which the client would take for a schema that does not compile.
 */
export function guardRequests(timeoutMs: number): Middleware {
  return () => ({
    async prepareRequest(next) {
      return (await next()).enhance({ signal: AbortSignal.timeout(timeoutMs) });
    },
    async response(next) {
      const response = await next();
      if (isObject(response.data())) return response;
      throw new RegistryCallFailed("the answer is not a registry's", 502);
    },
  });
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
