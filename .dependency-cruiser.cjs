// Imports point one way (DESIGN.md, "Map"): cli -> bridge -> adapters -> before/after -> model -> errors.
const room = (name) => `^src/${name}/`;
const only = (name, from, allowed) => ({
  name: `${name}-imports`,
  comment: `src/${from}/ may import only: ${allowed.join(", ") || "nothing"}`,
  severity: "error",
  from: { path: room(from) },
  to: {
    path: "^src/",
    pathNot: [
      room(from),
      "^src/errors\\.ts$",
      ...allowed.map((other) => (other.endsWith(".ts") ? `^src/${other.replaceAll(".", "\\.")}$` : room(other))),
    ],
  },
});
const npmOnlyIn = (pkg, where, types = false) => ({
  name: `${pkg.replaceAll(/[^a-z]/g, "")}-in-one-room`,
  comment: `${pkg} is imported in ${where} only`,
  severity: "error",
  from: { path: "^src/", pathNot: `^src/${where}` },
  to: { path: `^node_modules/${pkg}/`, ...(types ? { dependencyTypesNot: ["type-only"] } : {}) },
});

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "errors-import-nothing", severity: "error", from: { path: "^src/errors\\.ts$" }, to: { path: "^src/" } },
    only("model", "model", []),
    only("before", "before", ["model"]),
    only("after", "after", ["model"]),
    only("tasks", "tasks", ["model", "before/ports.ts", "after/ports.ts"]),
    only("config", "config", ["model"]),
    only("observe", "observe", ["model", "before/ports.ts", "after/ports.ts"]),
    only("kafka", "kafka", ["model", "before/ports.ts", "after/ports.ts"]),
    only("sdk", "sdk", ["model", "kafka"]),
    only("admin", "admin", ["model", "observe"]),
    only("dev-stack", "dev-stack", ["model"]),
    only("bridge", "bridge", ["model", "before", "after", "tasks", "config", "kafka", "observe", "admin"]),
    only("cli", "cli", ["model", "bridge", "config", "sdk", "dev-stack", "kafka", "observe", "after/ports.ts"]),
    {
      name: "engines-are-pure",
      comment: "model, before and after import nothing from npm and nothing of the network or file system",
      severity: "error",
      from: { path: "^src/(model|before|after)/" },
      to: { path: "^node_modules/|^(node:)?(fs|net|http|https|tls|dns|child_process|worker_threads)(/|$)" },
    },
    npmOnlyIn("kafkajs", "kafka/"),
    npmOnlyIn("@kafkajs/confluent-schema-registry", "kafka/"),
    npmOnlyIn("avsc", "kafka/"),
    npmOnlyIn("undici", "tasks/"),
    npmOnlyIn("pino", "observe/"),
    npmOnlyIn("prom-client", "observe/"),
    npmOnlyIn("@opentelemetry/api", "observe/"),
    npmOnlyIn("convict", "config/"),
    npmOnlyIn("yaml", "config/"),
    npmOnlyIn("@marcbachmann/cel-js", "config/"),
    npmOnlyIn("re2js", "config/"),
    npmOnlyIn("commander", "cli/"),
    npmOnlyIn("standardwebhooks", "tasks/"),
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
