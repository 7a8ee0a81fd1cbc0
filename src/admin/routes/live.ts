import type { LiveEvents } from "../contract/live.ts";
import { LiveQuery } from "../contract/live.ts";
import { longestMs } from "../live/stream.ts";
import type { LiveStreams } from "../live/streams.ts";
import { answers, type Routes } from "./context.ts";

/** Server-sent events of what happens. */
export function liveRoutes(streams: LiveStreams): Routes {
  return (app) => {
    app.get(
      "/api/live",
      {
        // It is told for as long as a stream may live: what bounds every other answer would cut it off in the middle.
        handlerTimeout: longestMs + 60_000,
        // Of an answer without a body nobody would see that who asked is gone: its stream would stay open.
        exposeHeadRoute: false,
        schema: {
          operationId: "live",
          summary: "What happens, as it happens: server-sent events",
          tags: ["live"],
          querystring: LiveQuery,
          response: answers({}),
          produces: ["text/event-stream"],
        },
      },
      ({ query: { events, handler }, identity }, reply) => {
        const names = events === undefined ? null : new Set(events.split(",") as (keyof LiveEvents)[]);
        const stream = streams.open({ names, handler: handler ?? null, untilMs: identity?.untilMs ?? null });
        // What is sent must not wait for more of it: neither here nor in a proxy.
        return reply.type("text/event-stream").header("x-accel-buffering", "no").send(stream);
      },
    );
  };
}
