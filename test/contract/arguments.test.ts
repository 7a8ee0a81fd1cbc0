import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../support/cli.ts";

/** Nobody listens there: whoever looks for brokers before it looks at what was typed ends with 75. */
const env = { KAFKA_BROKERS: "127.0.0.1:9", SCHEMA_REGISTRY_URL: "http://127.0.0.1:9" };

for (const [args, says] of [
  [["publish", "clients.update", "--data", '{"name":"x"}'], /DATA_INVALID.*needs the object's id/],
  [["publish", "clients.updat", "--data", "{}"], /UNKNOWN_EVENT/],
  [["request", "clients.update", "--data", "[]", "--on-silence", "allow"], /DATA_INVALID/],
  [["request", "clients.update", "--data", '{"id":1}', "--on-silence", "allow", "--deadline-ms", "9000"], /1 to 5000/],
  [["request", "clients.balance_zero", "--data", '{"clients_id":1}', "--on-silence", "allow"], /no before stage/],
  [["handlers", "test", "crm", "--event", "clients.updat"], /UNKNOWN_EVENT/],
  [["handlers", "test", "crm", "--data", '{"id":'], /DATA_INVALID.*not JSON/],
  [["handlers", "test", "crm", "--record", "billing.clients"], /is no topic\/partition\/offset/],
  [["dead-letters", "show", "here"], /is no position/],
  [["groups", "reset", "--group", "crm", "--to", "yesterday"], /--to/],
] as const) {
  test(`a slip is found before brokers are looked for: ${args.join(" ")}`, async () => {
    const { code, stdout, stderr } = await cli(args, env);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, says);
  });
}
