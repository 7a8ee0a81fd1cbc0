import { stringify } from "yaml";
import type { HandlerDefinition } from "../model/handler-log.ts";

/** A definition as one item of a handlers file. Texts that YAML would read as something else are quoted. */
export function definitionYaml(definition: HandlerDefinition): string {
  return stringify([definition], { lineWidth: 120, aliasDuplicateObjects: false });
}
