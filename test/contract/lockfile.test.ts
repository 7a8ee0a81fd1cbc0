import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { type LockEntry, missingEntries } from "../../scripts/complete-lockfile.ts";

const text = readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8");

test("the lock file names the builds of native packages for every platform, or `npm ci` would refuse it", () => {
  const { packages } = JSON.parse(text) as { packages: Record<string, LockEntry> };
  const missing = Object.keys(missingEntries(packages));
  assert.deepEqual(missing, [], "npm install lost them: run `node scripts/complete-lockfile.ts`");
});

test("the lock file names no registry, so that each machine fetches from its own", () => {
  assert.doesNotMatch(text, /"resolved"/);
});

test("a missing build is entered with its version and platform, in the form that npm writes", () => {
  const owner = { dev: true, optionalDependencies: { "@x/y-linux-arm64-musl": "1.2.3", "@x/y-darwin-x64": "1.2.3" } };
  const known = { version: "1.2.3" };
  assert.deepEqual(missingEntries({ "node_modules/@x/y": owner, "node_modules/@x/y-darwin-x64": known }), {
    "node_modules/@x/y-linux-arm64-musl": {
      version: "1.2.3",
      cpu: ["arm64"],
      dev: true,
      libc: ["musl"],
      optional: true,
      os: ["linux"],
    },
  });
});
