import type { HandlerStore } from "../../handlers/store.ts";

/** What the log says, by its own words. */

type ValueOf<M> = M extends ReadonlyMap<string, infer V> ? V : never;

/** A handler as it stands in the log. */
export type Registered = ValueOf<ReturnType<HandlerStore["all"]>["handlers"]>;
/** One version of a handler. */
export type RegisteredVersion = Awaited<ReturnType<HandlerStore["history"]>>[number];
export type Switches = ReturnType<HandlerStore["switches"]>;
