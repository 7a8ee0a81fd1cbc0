import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { oidcRecogniser } from "../../../src/admin/identity/oidc.ts";
import { makeToken } from "../../../src/admin/identity/tokens.ts";
import { type Clock, systemClock } from "../../../src/model/clock.ts";
import { audience, startIssuer, type TestIssuer } from "../../support/admin/issuer.ts";
import { type ApiOperation, apiOperations } from "../../support/admin/operations.ts";
import { startTestApi, type TestApi } from "../../support/admin/test-api.ts";

let tries = 0;
/** A minute passes between two tries: the limit on failed logins is another test's. */
const patient: Clock = { ...systemClock, monotonicMs: () => performance.now() + tries * 61_000 };

/** Over all operations that the OpenAPI document names. */
describe("every route of the admin API", () => {
  let api: TestApi;
  let issuer: TestIssuer;
  let operations: readonly ApiOperation[];

  before(async () => {
    issuer = await startIssuer();
    const roles = { viewer: ["provisioning-viewer"], operator: ["provisioning-operator"] };
    const oidc = { issuer: issuer.url, audience, roleClaim: "roles", roles, userClaim: "sub" };
    api = await startTestApi({ recognisers: [oidcRecogniser(oidc, systemClock)], clock: patient });
    operations = await apiOperations(api);
  });
  after(async () => {
    await api[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
  });

  /** Posts that change nothing, which a viewer may use. Whoever adds one says so here. */
  const harmless = new Set(["POST /api/handlers/check", "POST /api/events/{id}/explain"]);
  const isWrite = ({ name, method }: ApiOperation): boolean => method !== "GET" && !harmless.has(name);

  /** What is sent is valid JSON, so that only who asks can be what is wrong. */
  const ask = (operation: ApiOperation, token: string | null): ReturnType<TestApi["ask"]> =>
    api.ask(operation.path, { method: operation.method, token, ...(operation.hasBody ? { body: {} } : {}) });

  const bad: readonly (readonly [name: string, token: () => Promise<string | null>])[] = [
    ["without a token", () => Promise.resolve(null)],
    ["with a token that nobody has", () => Promise.resolve(makeToken())],
    ["with the hash of a token", () => Promise.resolve("sha256:00")],
    ["with an expired JWT", () => issuer.token({ expiresIn: -60 })],
    ["with a JWT for another audience", () => issuer.token({ audience: "somebody-else" })],
    ["with a JWT of another issuer", () => issuer.token({ issuer: "https://evil.example.net" })],
    ["with a forged JWT", () => issuer.forged()],
    ["with a JWT of alg none", () => Promise.resolve(issuer.unsigned())],
    ["with a JWT signed by the public key as a secret", () => issuer.confused()],
  ];
  for (const [name, token] of bad) {
    test(`is refused ${name}, and audited`, async () => {
      assert.ok(operations.filter(isWrite).length >= 10, "the document names the writes");
      for (const operation of operations) {
        api.ports.trail.length = 0;
        tries++;
        const { status, json, headers } = await ask(operation, await token());
        assert.equal(status, 401, operation.name);
        assert.equal(json["code"], "UNAUTHENTICATED", operation.name);
        assert.match(headers.get("content-type") ?? "", /^application\/problem\+json/, operation.name);
        assert.match(headers.get("www-authenticate") ?? "", /^Bearer/, operation.name);
        const [entry] = api.ports.trail;
        assert.equal(entry?.outcome, "UNAUTHENTICATED", operation.name);
        assert.equal(entry.by, null);
        assert.equal(entry.action, operation.name.replaceAll(/\{(\w+)\}/g, ":$1"));
      }
    });
  }

  test("is refused without a token however its address is written", async () => {
    for (const operation of operations) {
      for (const path of [operation.path.replace("/api", "/%61pi"), operation.path.replace("/api/", "/ap%69/")]) {
        tries++;
        const { status } = await ask({ ...operation, path }, null);
        assert.equal(status, 401, `${operation.method} ${path}`);
      }
    }
  });

  for (const [name, token] of [
    ["a viewer's token", () => Promise.resolve(api.viewer)],
    ["a viewer's JWT", () => issuer.token({ claims: { roles: ["provisioning-viewer"] } })],
  ] as const) {
    test(`that changes something is refused with ${name}, and audited`, async () => {
      for (const operation of operations.filter(isWrite)) {
        api.ports.trail.length = 0;
        const { status, json } = await ask(operation, await token());
        assert.equal(status, 403, operation.name);
        assert.equal(json["code"], "FORBIDDEN", operation.name);
        assert.equal(api.ports.trail[0]?.outcome, "FORBIDDEN", operation.name);
        assert.equal(api.ports.trail[0].role, "viewer");
        assert.notEqual(api.ports.trail[0].by, null);
      }
    });

    test(`that only reads answers to ${name}, and is not audited`, async () => {
      for (const operation of operations.filter((one) => !isWrite(one) && one.path !== "/api/live")) {
        api.ports.trail.length = 0;
        const { status } = await ask(operation, await token());
        assert.ok(status !== 401 && status !== 403 && status < 500, `${operation.name}: ${status}`);
        assert.deepEqual(api.ports.trail, [], operation.name);
      }
    });
  }

  test("that changes something is refused to a JWT without a role, and audited", async () => {
    for (const operation of operations) {
      api.ports.trail.length = 0;
      const { status, json } = await ask(operation, await issuer.token({ claims: { roles: ["nurse"] } }));
      assert.equal(status, 403, operation.name);
      assert.equal(json["code"], "FORBIDDEN", operation.name);
      assert.equal(api.ports.trail.length, 1, operation.name);
    }
  });

  test("that changes something lets an operator in, and leaves a line whatever the end", async () => {
    for (const operation of operations.filter(isWrite)) {
      for (const token of [api.operator, await issuer.token()]) {
        api.ports.trail.length = 0;
        const { status, json } = await ask(operation, token);
        assert.ok(status !== 401 && status !== 403 && status < 500, `${operation.name}: ${status}`);
        const [entry] = api.ports.trail;
        assert.ok(entry);
        assert.equal(entry.outcome, status < 300 ? "done" : json["code"], operation.name);
        assert.equal(entry.by, token === api.operator ? "olga" : "u-1");
        assert.equal(entry.role, "operator");
      }
    }
  });

  test("asks the issuer for its keys once, not for each request", () => {
    assert.ok(issuer.asked() <= 2, `asked ${issuer.asked()} times`);
  });
});
