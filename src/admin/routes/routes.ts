import type { LiveStreams } from "../live/streams.ts";
import { auditRoutes } from "./audit.ts";
import type { Routes } from "./context.ts";
import { deadLetterRoutes, replayRoutes } from "./dead-letters.ts";
import { eventRoutes } from "./events.ts";
import { executionRoutes } from "./executions.ts";
import { flowRoutes } from "./flow.ts";
import { handlerReadRoutes } from "./handlers-read.ts";
import { handlerTryRoutes } from "./handlers-try.ts";
import { handlerWriteRoutes } from "./handlers-write.ts";
import { liveRoutes } from "./live.ts";
import { sessionRoutes } from "./session.ts";
import { switchRoutes } from "./switches.ts";

/** All of them. */
export function routes(streams: LiveStreams): readonly Routes[] {
  return [
    sessionRoutes,
    handlerReadRoutes,
    handlerTryRoutes,
    handlerWriteRoutes,
    eventRoutes,
    executionRoutes,
    deadLetterRoutes,
    replayRoutes,
    flowRoutes,
    auditRoutes,
    switchRoutes,
    liveRoutes(streams),
  ];
}
