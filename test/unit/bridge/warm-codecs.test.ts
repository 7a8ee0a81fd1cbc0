import assert from "node:assert/strict";
import { test } from "node:test";
import { warmCodecs } from "../../../src/bridge/warm-codecs.ts";
import { topicNames } from "../../../src/model/topics.ts";
import { beforeHandler } from "../../support/before-handlers.ts";

test("the schemas of what handlers are asked about are looked up, each once, and a missing one stops nothing", async () => {
  const subjects: string[] = [];
  const registry = {
    codecBySchema: (subject: string) => {
      subjects.push(subject);
      return Promise.reject(new Error("not registered"));
    },
  };
  await warmCodecs(registry, topicNames("billing"), [
    beforeHandler("one", { events: ["clients.update", "clients.accounts.create"] }),
    beforeHandler("other", { events: ["clients.update"], mode: "shadow" }),
  ]);
  assert.deepEqual(subjects.sort(), [
    "billing.accounts.before-provisioning.ClientsAccountsCreate",
    "billing.clients.before-provisioning.ClientsUpdate",
  ]);
});
