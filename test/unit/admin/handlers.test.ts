import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { memoryPorts } from "../../support/admin/memory-ports.ts";
import { startTestApi, type TestApi } from "../../support/admin/test-api.ts";

describe("handlers over the API", () => {
  let api: TestApi;
  before(async () => {
    api = await startTestApi();
  });
  after(() => api.close());

  const ids = async (query: string): Promise<readonly string[]> => {
    const { json } = await api.ask(`/api/handlers${query}`);
    return (json["items"] as { id: string }[]).map(({ id }) => id);
  };

  test("are listed as they run, without the archived ones unless they are asked for", async () => {
    assert.deepEqual(await ids(""), ["switch-trunks", "credit-guard"]);
    assert.deepEqual(await ids("?status=all"), ["switch-trunks", "credit-guard", "old-crm"]);
    assert.deepEqual(await ids("?status=archived"), ["old-crm"]);
    assert.deepEqual(await ids("?search=TRUNK"), ["switch-trunks"]);
    assert.deepEqual(await ids("?event=clients.update"), ["credit-guard"]);
    assert.deepEqual(await ids("?stage=after&task=script&status=all"), ["old-crm"]);
  });

  test("live through create, change, conflict, switch, rollback and delete, and their history says who did what", async () => {
    const path = "/api/handlers/crm";
    const definition = {
      id: "crm",
      name: "CRM",
      stage: "after",
      events: ["clients.create"],
      task: { http: { url: "https://crm.example.net" } },
      status: "enabled",
      priority: 3,
    };
    const create = { method: "PUT", headers: { "if-none-match": "*" }, body: { definition, note: "first" } };
    const created = await api.ask(path, create);
    assert.equal(created.status, 201, created.text);
    const first = created.headers.get("etag") ?? "";
    assert.equal((await api.ask(path, create)).json["code"], "CONFLICT");

    const changed = await api.ask(path, {
      method: "PUT",
      headers: { "if-match": first },
      body: { definition: { ...definition, priority: 4 } },
    });
    assert.equal(changed.status, 200);
    const second = changed.headers.get("etag") ?? "";
    const late = await api.ask(path, { method: "PUT", headers: { "if-match": first }, body: { definition } });
    assert.deepEqual([late.status, late.json["code"], `"${String(late.json["found"])}"`], [412, "CONFLICT", second]);

    const off = await api.ask(`${path}/status`, {
      method: "POST",
      headers: { "if-match": second },
      body: { status: "disabled" },
    });
    assert.equal((off.json["row"] as { status: string }).status, "disabled");
    const back = await api.ask(`${path}/rollback`, {
      method: "POST",
      headers: { "if-match": off.headers.get("etag") ?? "" },
      body: { revision: Number(first.replaceAll('"', "")) },
    });
    assert.deepEqual(back.json["definition"], definition);
    const gone = await api.ask(path, { method: "DELETE", headers: { "if-match": back.headers.get("etag") ?? "" } });
    assert.deepEqual([gone.status, gone.text], [204, ""]);
    assert.equal((await api.ask(path)).status, 404);

    const { json } = await api.ask(`${path}/history`);
    const versions = json["items"] as { action: string; by: string; note: string | null }[];
    assert.deepEqual(
      versions.map(({ action }) => action),
      ["delete", "rollback", "disable", "update", "create"],
    );
    assert.ok(versions.every(({ by }) => by === "olga"));
    assert.equal(versions.at(-1)?.note, "first");
  });

  test("cannot be changed where their file is the only source", async () => {
    const ports = memoryPorts();
    const other = await startTestApi({
      ports: { ...ports, handlers: { ...ports.handlers, readOnly: "HANDLERS_MODE is file" } },
    });
    try {
      assert.equal((await other.ask("/api/session")).json["handlersReadOnly"], "HANDLERS_MODE is file");
      const write = await other.ask("/api/handlers/credit-guard", { method: "DELETE", headers: { "if-match": '"1"' } });
      assert.deepEqual([write.status, write.json["code"]], [403, "READ_ONLY"]);
    } finally {
      await other.close();
    }
  });
});
