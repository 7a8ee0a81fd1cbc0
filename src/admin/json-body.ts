import { depthOfJson } from "../model/json-depth.ts";
import { Refusal } from "./problem.ts";

const mostDepth = 40;

/** A JSON body as a value. Deep ones are refused before they are parsed: whoever walks them later must not run out of stack. */
export function parseJsonBody(text: string): unknown {
  if (text.trim() === "") return undefined;
  if (depthOfJson(text) > mostDepth)
    throw new Refusal("REQUEST_INVALID", `the body is nested deeper than ${mostDepth}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, withoutPrototype);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal("REQUEST_INVALID", "the body is not JSON");
  }
  return parsed;
}

function withoutPrototype(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new Refusal("REQUEST_INVALID", 'the body must not have the key "__proto__"');
  return value;
}
