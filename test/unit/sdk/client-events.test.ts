import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ClientEvents, clientChannel, clientEventKinds } from "../../../src/sdk/client-events.ts";

test("each kind is counted, and published on a channel of its own with the client's source", () => {
  const events = new ClientEvents("/billing/a");
  const heard: unknown[] = [];
  const listen = (message: unknown, name: string | symbol): void => void heard.push([name, message]);
  subscribe(clientChannel("late"), listen);
  try {
    events.tell("late", { operationId: "op-1" });
    events.tell("duplicate", { operationId: "op-1" });
    new ClientEvents("/billing/b").tell("late", { operationId: null });
  } finally {
    unsubscribe(clientChannel("late"), listen);
  }
  events.tell("late", { operationId: "op-2" });
  assert.deepEqual(heard, [
    ["provisioning-bridge:client:late", { source: "/billing/a", operationId: "op-1" }],
    ["provisioning-bridge:client:late", { source: "/billing/b", operationId: null }],
  ]);
  assert.deepEqual([events.counts().late, events.counts().duplicate, events.counts().conflict], [2, 1, 0]);
});

test("docs/billing-core.md has a row for every channel, and none for another", () => {
  const guide = readFileSync(new URL("../../../docs/billing-core.md", import.meta.url), "utf8");
  const rows = [...guide.matchAll(/^\| `provisioning-bridge:client:([a-z-]+)` \|/gm)].map(([, kind]) => kind);
  assert.deepEqual(rows.sort(), [...clientEventKinds].sort());
});
