/**
 * The admin API over arrays, for work on the web interface: `node test/support/admin/memory-api.ts [port]`, by default
 * 8081, open to everybody on this machine. Tells of an execution every second.
 */
import { startAdminListener } from "../../../src/admin/listener.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { createLogger } from "../../../src/observe/logger.ts";
import { memoryPorts } from "./memory-ports.ts";

const ports = memoryPorts();
const listener = await startAdminListener({
  host: "127.0.0.1",
  port: Number(process.argv[2] ?? 8081),
  hosts: [],
  recognisers: [],
  insecure: true,
  ports,
  pages: new URL("../../../dist/web/", import.meta.url).pathname,
  logger: createLogger({ level: "info" }),
  clock: systemClock,
  about: { version: "0.1.0", instance: "memory" },
});
let told = 0;
setInterval(() => {
  void ports.executions?.executions({ limit: 1, cursor: String(told++ % 100) }).then(({ items: [row] }) => {
    if (row !== undefined)
      ports.tell("execution", { ...row, id: `execution-${told % 100}`, at: new Date().toISOString() });
  });
}, 1000);
process.on("SIGTERM", () => void listener.close(1000).then(() => process.exit()));
