import { idPattern } from "../config/handlers/handler-keys.ts";
import type { Problem } from "../errors.ts";
import type { HandlerChange } from "../model/handler-log.ts";
import { foldBounds, sizeOf } from "./fold.ts";

/** Why every reader of the log would pass over a record of these changes; empty: it may count. Pure. */
export function misfits(changes: readonly HandlerChange[]): readonly Problem[] {
  const ids = changes.map(({ handlerId }) => handlerId);
  return [
    ...(changes.length === 0 ? [problem(null, "nothing is changed")] : []),
    ...ids.flatMap((id, at) => (ids.indexOf(id) < at ? [problem(id, "is changed twice")] : [])),
    ...ids.flatMap((id) =>
      idPattern.test(id) ? [] : [problem(null, "an id is lower-case letters, digits and . _ -")],
    ),
    ...changes.flatMap((change) =>
      sizeOf(change) > foldBounds.definitionBytes
        ? [problem(change.handlerId, `is larger than ${foldBounds.definitionBytes} bytes`)]
        : [],
    ),
    ...changes.flatMap(({ handlerId, definition }) =>
      definition === null || definition.id === handlerId ? [] : [problem(handlerId, "an id cannot be changed")],
    ),
  ];
}

export function problem(path: string | null, message: string): Problem {
  return { path, place: null, message, hint: null };
}
