import assert from "node:assert/strict";
import { test } from "node:test";
import { createAvroRecord } from "../../../src/kafka/codec/avro-record.ts";
import { readHandlerLogEntry } from "../../../src/kafka/records/handler-log-codec.ts";
import { handlerWriteSchema } from "../../../src/kafka/registry/schemas.ts";

const record = createAvroRecord(4, handlerWriteSchema.text);
const registry = { recordById: () => Promise.resolve({ kind: "record" as const, record }) };

function writeOf(definition: string): Buffer {
  const changes = [{ handler_id: "crm", base: null, definition }];
  const at = "2026-01-01T00:00:00.000Z";
  return record.encode({ id: "1", action: "create", by: "olga", at, note: null, changes, switch: null });
}

test("a definition that is nested too deep is refused before it is parsed", async () => {
  const nested = (depth: number): string => `{"id":"crm","a":${"[".repeat(depth)}"]}\\"{"${"]".repeat(depth)}}`;
  assert.equal((await readHandlerLogEntry(registry, writeOf(nested(31)))).kind, "entry");
  assert.equal((await readHandlerLogEntry(registry, writeOf(nested(32)))).kind, "unreadable");
  assert.equal((await readHandlerLogEntry(registry, writeOf(nested(60_000)))).kind, "unreadable");
});

test("no text in the log of handlers takes long to read: it is read by the thread of the verdicts", async () => {
  const longest = 131_072;
  for (const text of ['\\"', '"', "\\", '["', "[{"]) {
    const hostile = `"${text.repeat(longest / 2)}`.slice(0, longest);
    const startMs = process.cpuUsage().user / 1000;
    assert.equal((await readHandlerLogEntry(registry, writeOf(hostile))).kind, "unreadable");
    // Milliseconds of work; what looks for a string's end anew at each of its quotes takes half a minute.
    assert.ok(process.cpuUsage().user / 1000 - startMs < 2000, text);
  }
});
