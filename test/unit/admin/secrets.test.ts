import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { HandlerDefinition } from "../../../src/model/handler-log.ts";
import { maskedAddress } from "../../../src/model/masked-address.ts";
import { memoryPorts } from "../../support/admin/memory-ports.ts";
import { apiOperations } from "../../support/admin/operations.ts";
import { startTestApi } from "../../support/admin/test-api.ts";

describe("what an address may hide", () => {
  test("is masked: user, password, every value of the query and a fragment, valid or not", () => {
    const cases = [
      ["https://crm.example.net/hooks", "https://crm.example.net/hooks"],
      ["https://user:pass@crm.example.net/x", "https://***@crm.example.net/x"],
      ["https://tok@crm.example.net", "https://***@crm.example.net"],
      ["https://crm.example.net/x?key=s3cret&v=2", "https://crm.example.net/x?key=***&v=***"],
      ["https://crm.example.net/x?s3cret", "https://crm.example.net/x?***"],
      ["https://crm.example.net/x?key=a=b;c=d#token", "https://crm.example.net/x?key=***;c=***#***"],
      ["//user:pass@host/x", "//***@host/x"],
      ["HTTPS:\\\\user:pass@host/x", "HTTPS:\\\\***@host/x"],
      ["https://user:p@ss@host/x?k=v", "https://***@host/x?k=***"],
    ] as const;
    for (const [text, masked] of cases) assert.equal(maskedAddress(text), masked);
  });

  test("leaves the process nowhere, comes back unchanged when it is saved, and goes to no other address", async () => {
    const definition: HandlerDefinition = {
      ...{ id: "hook", name: "Hook", stage: "after", events: ["clients.update"], status: "enabled", priority: 1 },
      task: { http: { url: "https://hooks.example.net/in?token=S3CRET&v=2" } },
    };
    const api = await startTestApi({ ports: memoryPorts([definition]) });
    try {
      let answered = 0;
      for (const { method, path, hasBody } of await apiOperations(api)) {
        if (path === "/api/live") continue;
        const body = { event: "clients.update", definition, status: "enabled" };
        const asked = path.replace(/^(\/api\/handlers\/)[^/]+/, (all, head: string) =>
          all.endsWith("/check") ? all : `${head}hook`,
        );
        const { status, text } = await api.ask(asked, { method, ...(hasBody ? { body } : {}) });
        if (status === 200) answered++;
        assert.doesNotMatch(text, /S3CRET/, `${method} ${asked}`);
      }
      assert.ok(answered >= 10, `${answered} answers were looked at`);
      assert.equal((await api.ask("/api/handlers/hook/history")).status, 200);
      const { json, headers } = await api.ask("/api/handlers/hook");
      const shown = json["definition"] as HandlerDefinition;
      const etag = headers.get("etag") ?? "";
      const put = (changed: object, match: string): ReturnType<typeof api.ask> =>
        api.ask("/api/handlers/hook", { method: "PUT", headers: { "if-match": match }, body: { definition: changed } });
      const saved = await put({ ...shown, priority: 2 }, etag);
      assert.equal(saved.status, 200, saved.text);
      assert.doesNotMatch(saved.text, /S3CRET/);
      const stored = api.ports.handlers.all().handlers.get("hook")?.definition;
      assert.deepEqual(stored?.["task"], definition["task"]);
      assert.equal(stored?.["priority"], 2);
      const elsewhere = { ...shown, task: { http: { url: "https://evil.example.net/in?token=***&v=***" } } };
      const refused = await put(elsewhere, saved.headers.get("etag") ?? "");
      assert.deepEqual([refused.status, refused.json["code"]], [400, "REQUEST_INVALID"]);
      const tested = await api.ask("/api/handlers/hook/test", {
        method: "POST",
        body: { event: "clients.update", definition: elsewhere },
      });
      assert.equal(tested.status, 400);
    } finally {
      await api.close();
    }
  });
});
