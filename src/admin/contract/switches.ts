import { type Static, Type } from "typebox";
import { exact, Instant, nullable } from "./common.ts";

const LogLevel = Type.Union([Type.Literal("debug"), Type.Literal("info"), Type.Literal("warn"), Type.Literal("error")]);

/** `GET /api/switches`: what operators set while everything runs. */
export const Switches = Type.Object({
  /** Until then every request's verdict is `undecided`, `bypass`; null: off. */
  bypassBefore: nullable(Type.Object({ until: Instant, by: Type.String(), note: nullable(Type.String()) })),
  pausedGroups: Type.Array(Type.Object({ group: Type.String(), by: Type.String(), at: Instant })),
  /** Null: as set by LOG_LEVEL. */
  logLevel: nullable(LogLevel),
});
export type Switches = Static<typeof Switches>;

/** `PUT /api/switches/bypass-before`; null ends it. At most 24 hours ahead. */
export const BypassWrite = exact({
  until: nullable(Instant),
  note: Type.Optional(Type.String({ maxLength: 500 })),
});
/** `PUT /api/switches/groups/{group}` */
export const PauseWrite = exact({ paused: Type.Boolean() });
/** `PUT /api/switches/log-level` */
export const LogLevelWrite = exact({
  level: nullable(LogLevel),
});
