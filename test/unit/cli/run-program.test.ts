import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { Command } from "commander";
import { milliseconds } from "../../../src/cli/option-values.ts";
import { endWith, runProgram } from "../../../src/cli/run-program.ts";
import { BridgeError } from "../../../src/errors.ts";

async function run(action: () => void | Promise<void>, ...args: string[]): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const write = mock.method(process.stderr, "write", (text: string) => said.push(text) > 0);
  try {
    const command = new Command("act").option("--ms <ms>", "", milliseconds).action(action);
    command.configureOutput({ writeErr: (text) => said.push(text) });
    return { code: await runProgram(new Command("test").addCommand(command), ["act", ...args]), said: said.join("") };
  } finally {
    write.mock.restore();
  }
}

describe("a command", () => {
  it("ends with 0 when it worked, or with what it set", async () => {
    assert.equal((await run(() => undefined)).code, 0);
    assert.equal((await run(() => endWith(3))).code, 3);
    assert.equal((await run(() => undefined)).code, 0, "and what one run set does not reach the next");
  });

  for (const [code, exit] of [
    ["SETTINGS_INVALID", 78],
    ["DATA_INVALID", 2],
    ["INTERNAL", 1],
  ] as const) {
    it(`ends with ${exit} for ${code}, and says code and message without a stack`, async () => {
      const { code: ended, said } = await run(() => Promise.reject(new BridgeError(code, "what to do")));
      assert.equal(ended, exit);
      assert.equal(said, `error [${code}]: what to do\n`);
    });
  }

  for (const [code, named] of [
    ["BROKER_UNAVAILABLE", "KAFKA_BROKERS"],
    ["REGISTRY_UNAVAILABLE", "SCHEMA_REGISTRY_URL"],
  ] as const) {
    it(`ends with 75 for ${code}, and says which setting names the server and how to start one`, async () => {
      const { code: ended, said } = await run(() => Promise.reject(new BridgeError(code, "nobody answers")));
      assert.equal(ended, 75);
      assert.match(said, new RegExp(`^error \\[${code}\\]: nobody answers\n.*${named}.*dev-stack start`));
    });
  }

  it("ends with 2 for options it does not know or cannot read", async () => {
    const unknown = await run(() => undefined, "--nope");
    assert.equal(unknown.code, 2);
    assert.match(unknown.said, /--nope[^]+`test act --help` says what there is/);
    const { code, said } = await run(() => undefined, "--ms", "7s");
    assert.equal(code, 2);
    assert.match(said, /whole milliseconds/);
  });
});
