import type { HandlerDefinition } from "../../model/handler-log.ts";
import type { HandlerDetail } from "../contract/handlers.ts";
import { fresh, handlerRow } from "../handler-rows.ts";
import { maskedDefinition } from "../mask-definition.ts";
import type { AdminPorts, HandlerLog, Registered } from "../ports.ts";
import { Refusal } from "../problem.ts";
import { present } from "./context.ts";

/** What the routes of handlers share. */

export function logOf({ handlers }: Pick<AdminPorts, "handlers">): HandlerLog {
  return present(handlers, "the handlers");
}

/** Throws Refusal NOT_FOUND. */
export function registered(log: HandlerLog, id: string): Registered {
  const found = log.all().handlers.get(id);
  if (found === undefined) throw new Refusal("NOT_FOUND", `there is no handler "${id}"`);
  return found;
}

/** The definitions of all handlers but this one. */
export function othersThan(log: HandlerLog, id: string | null): readonly HandlerDefinition[] {
  return [...log.all().handlers.values()].map(({ definition }) => definition).filter((other) => other.id !== id);
}

export async function detailOf(ports: AdminPorts, found: Registered): Promise<HandlerDetail> {
  const definition = maskedDefinition(found.definition);
  return {
    row: handlerRow(found, ports, await fresh(ports)),
    definition,
    yaml: ports.definitions.yaml(definition),
  };
}
