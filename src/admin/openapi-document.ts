import { systemClock } from "../model/clock.ts";
import { silentLogger } from "../model/logger.ts";
import { createApp } from "./app.ts";
import { Gate } from "./guard/gate.ts";
import { LiveStreams } from "./live/streams.ts";
import type { AdminPorts } from "./ports.ts";

/** What /openapi.json answers, from the routes alone: nothing listens, and no port is asked. */
export async function openApiDocument(version: string): Promise<object> {
  const ports = {} as AdminPorts;
  const gate = new Gate({
    hosts: new Set(),
    recognisers: [],
    insecure: false,
    clock: systemClock,
    onRefused: () => undefined,
  });
  const streams = new LiveStreams(ports.live, systemClock);
  const app = await createApp({
    ports,
    gate,
    logger: silentLogger,
    streams,
    pages: "",
    about: { version, instance: "" },
  });
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}
