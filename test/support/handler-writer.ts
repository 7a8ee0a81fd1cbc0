/** Writes a handler again and again until it is killed: what was acknowledged stands on standard output, one revision a line. */

import { kafkaSettings, registrySettings } from "../../src/bridge/connections.ts";
import { createHandlerStore } from "../../src/bridge/handler-store.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { createKafkaClient } from "../../src/kafka/connection/client.ts";
import { createRegistry } from "../../src/kafka/registry/registry.ts";
import { silentLogger } from "../../src/model/logger.ts";

const settings = loadSettings(process.env);
const store = createHandlerStore({
  settings,
  client: createKafkaClient(kafkaSettings(settings), silentLogger),
  registry: createRegistry(registrySettings(settings)),
  logger: silentLogger,
});
await store.start();
const [id = "written"] = process.argv.slice(2);
const task = { http: { url: "https://example.net/" } };
for (let round = 0; ; round++) {
  const base = store.all().handlers.get(id)?.revision ?? null;
  const definition = { id, name: `${process.pid} ${round}`, stage: "after", events: ["clients.update"], task };
  const end = await store.write({
    action: "update",
    by: "writer",
    note: null,
    changes: [{ handlerId: id, base, definition }],
  });
  if (end.kind === "written") process.stdout.write(`${end.revision}\n`);
}
