import assert from "node:assert/strict";
import test from "node:test";
import { lastLines } from "../../../src/dev-stack/log-tail.ts";
import { partsFolder } from "../../../src/dev-stack/parts.ts";
import { isPortTaken } from "../../../src/dev-stack/server-process.ts";

const pom = "<kafka.version>1.2.3</kafka.version><apicurio.version>4.5</apicurio.version>";

test("the parts of the committed pom live in the user's cache folder, under their versions", () => {
  assert.match(
    partsFolder({ HOME: "/home/u" }),
    /^\/home\/u\/\.cache\/provisioning-bridge\/dev-stack\/kafka-4\.\d+\.\d+-apicurio-2\.6\.\d+\.Final-[0-9a-f]{8}$/,
  );
  assert.match(partsFolder({ HOME: "/home/u", XDG_CACHE_HOME: "/cache" }, pom), /^\/cache\/provisioning-bridge\//);
});

test("any change of the pom fetches anew, beside what a running stack uses", () => {
  const env = { HOME: "/home/u" };
  assert.notEqual(partsFolder(env, pom), partsFolder(env, `${pom} `));
  assert.equal(partsFolder(env, pom), partsFolder(env, pom));
});

test("a taken port is told from other reasons to end, in the words of broker and registry", () => {
  assert.ok(isPortTaken("org.apache.kafka.common.KafkaException: ... : Address already in use"));
  assert.ok(isPortTaken("Port(s) already bound: 8080: Address already in use"));
  assert.ok(!isPortTaken("Failed to acquire lock on file .lock"));
});

test("the end of a log shows its last lines without empty ones, each cut to a bound", () => {
  assert.equal(lastLines("a\n\nb\nc\n\n", 2), "    b\n    c");
  assert.equal(lastLines("x".repeat(1000), 1).length, 304);
});
