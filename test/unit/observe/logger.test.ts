import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { BridgeError } from "../../../src/errors.ts";
import { createLogger } from "../../../src/observe/logger.ts";

function lines(level = "info"): {
  readonly logger: ReturnType<typeof createLogger>;
  readonly written: Record<string, unknown>[];
} {
  const written: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void written.push(JSON.parse(line) as Record<string, unknown>) };
  return { logger: createLogger({ level, base: { thread: "after" }, destination }), written };
}

describe("the logger", () => {
  it("writes one JSON line an occurrence, with level, time, message and fields", () => {
    const { logger, written } = lines();
    logger.debug({ a: 1 }, "too quiet");
    logger.warn({ a: 1 }, "said");
    assert.equal(written.length, 1);
    const [{ time, ...line } = {}] = written;
    assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(line, { level: "warn", thread: "after", a: 1, msg: "said" });
  });

  it("shows an error's code and stack", () => {
    const { logger, written } = lines();
    logger.error({ error: new BridgeError("INTERNAL", "broken") }, "defect");
    const error = written[0]?.["error"] as { code: string; stack: string };
    assert.equal(error.code, "INTERNAL");
    assert.match(error.stack, /logger\.test\.ts/);
  });

  it("cuts what is named like a secret", () => {
    const { logger, written } = lines();
    logger.info(
      { password: "hunter2", kafka: { sasl: { password: "hunter2" }, authorization: "hunter2" } },
      "settings",
    );
    assert.equal(JSON.stringify(written).includes("hunter2"), false);
  });

  it("does not stand still when nobody reads standard output", { timeout: 20_000 }, async () => {
    const program = `
      import { createLogger } from ${JSON.stringify(new URL("../../../src/observe/logger.ts", import.meta.url).href)};
      const logger = createLogger({ level: "info", whenStalled: "drop" });
      for (let at = 0; at < 20000; at++) logger.info({ filler: "x".repeat(1000) }, "line");
      setTimeout(() => { process.stderr.write("went on"); process.kill(process.pid, "SIGKILL"); }, 50);
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.pause();
    const [said] = (await once(child.stderr, "data")) as [Buffer];
    assert.equal(said.toString(), "went on");
    child.stdout.destroy();
    await once(child, "exit");
  });
});
