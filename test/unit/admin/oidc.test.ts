import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { LoginLimit } from "../../../src/admin/guard/login-limit.ts";
import { type OidcOptions, oidcRecogniser } from "../../../src/admin/identity/oidc.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { audience, startIssuer, type TestIssuer } from "../../support/admin/issuer.ts";
import { FakeClock } from "../../support/fake-clock.ts";

describe("a JWT", () => {
  let issuer: TestIssuer;
  before(async () => {
    issuer = await startIssuer();
  });
  after(() => issuer[Symbol.asyncDispose]());

  const options = (changes: Partial<OidcOptions> = {}): OidcOptions => ({
    ...{ issuer: issuer.url, audience, roleClaim: "roles", userClaim: "sub" },
    roles: { viewer: ["provisioning-viewer"], operator: ["provisioning-operator"] },
    ...changes,
  });
  const recognised = async (claims: Record<string, unknown>, changes: Partial<OidcOptions> = {}): Promise<string> => {
    const end = await oidcRecogniser(options(changes), systemClock).recognise(await issuer.token({ claims }));
    return end.kind === "known" ? `${end.identity.user ?? ""} ${end.identity.role}` : end.kind;
  };

  test("gives the role that its claim names: a list, words in a text, or somewhere inside", async () => {
    assert.equal(await recognised({ roles: ["x", "provisioning-viewer"] }), "u-1 viewer");
    assert.equal(await recognised({ roles: ["provisioning-viewer", "provisioning-operator"] }), "u-1 operator");
    assert.equal(
      await recognised({ scope: "openid provisioning-viewer", roles: [] }, { roleClaim: "scope" }),
      "u-1 viewer",
    );
    const realm = { realm_access: { roles: ["provisioning-operator"] }, roles: [] };
    assert.equal(await recognised(realm, { roleClaim: "realm_access.roles" }), "u-1 operator");
    const url = { "https://example.net/roles": ["provisioning-viewer"], roles: [] };
    assert.equal(await recognised(url, { roleClaim: "https://example.net/roles" }), "u-1 viewer");
    for (const roles of [undefined, null, {}, 7, "provisioning-operator-not", [["provisioning-operator"]]]) {
      assert.equal(await recognised({ roles }), "no-role", JSON.stringify(roles));
    }
  });

  test("names somebody by the claim that is set, without what could forge a line of a log", async () => {
    assert.equal(
      await recognised({ email: "o\n\u202elga@example.net" }, { userClaim: "email" }),
      "olga@example.net operator",
    );
    assert.equal(await recognised({}, { userClaim: "email" }), "u-1 operator");
  });

  test("is neither good nor bad while its issuer cannot be asked, which is tried again after a while", async () => {
    let healthy = false;
    let asked = 0;
    const server = createServer((_request, response) => {
      asked++;
      if (!healthy) response.writeHead(500).end("{}");
      else
        response
          .writeHead(200, { "content-type": "application/json" })
          .end(JSON.stringify({ issuer: "https://another.example.net", jwks_uri: "x" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const clock = new FakeClock({ epochMs: Date.now() });
    const away = oidcRecogniser(options({ issuer: url }), clock);
    const token = await issuer.token({ issuer: url });
    assert.equal((await away.recognise(token)).kind, "away");
    assert.equal((await away.recognise(token)).kind, "away");
    assert.equal(asked, 1, "it is left alone for a moment");
    healthy = true;
    await clock.advance(6000);
    const end = await away.recognise(token);
    assert.equal(asked, 2);
    assert.deepEqual(end, { kind: "away", reason: "the issuer's discovery document is of another issuer" });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("the limit on failed logins", () => {
  test("counts a minute at a time, by address, and by network for IPv6", async () => {
    const clock = new FakeClock();
    const limit = new LoginLimit(clock);
    for (let count = 0; count < 10; count++) limit.failed(`2001:db8:1:2::${count}`);
    assert.ok(limit.waitMs("2001:db8:1:2:ffff::1", "t") > 0);
    assert.equal(limit.waitMs("2001:db8:1:3::1", "t"), 0);
    for (let count = 0; count < 10; count++) limit.failed("::ffff:10.0.0.1");
    assert.ok(limit.waitMs("10.0.0.1", "t") > 0);
    assert.equal(limit.waitMs("10.0.0.2", "t"), 0);
    await clock.advance(60_000);
    assert.equal(limit.waitMs("10.0.0.1", "t"), 0);
  });

  test("lets what was proved from there before go on", () => {
    const limit = new LoginLimit(new FakeClock());
    limit.worked("10.0.0.1", "good");
    for (let count = 0; count < 10; count++) limit.failed("10.0.0.1");
    assert.equal(limit.waitMs("10.0.0.1", "good"), 0);
    assert.ok(limit.waitMs("10.0.0.1", "other") > 0);
  });
});
