import assert from "node:assert/strict";
import test from "node:test";
import { chooseKind, type Findings, javaMajor, nothingUsable } from "../../../src/dev-stack/prerequisites.ts";

const bare: Findings = { docker: "no-command", java: { kind: "no-command" }, maven: "no-command", partsCached: false };
const java17 = { kind: "usable", command: "/opt/java/bin/java", major: 17 } as const;

test("Docker is taken where its engine answers, even where Java and Maven are there too", () => {
  assert.deepEqual(chooseKind({ ...bare, docker: "usable", java: java17, maven: "usable" }), { kind: "docker" });
});

test("Java and Maven are taken where Docker does not answer", () => {
  for (const docker of ["no-command", "no-engine", "no-compose"] as const) {
    const choice = chooseKind({ ...bare, docker, java: java17, maven: "usable" });
    assert.deepEqual(choice, { kind: "maven", java: "/opt/java/bin/java" });
  }
});

test("without Maven, Java is enough once the parts were fetched", () => {
  assert.equal(chooseKind({ ...bare, java: java17, partsCached: true }).kind, "maven");
  assert.equal(chooseKind({ ...bare, java: java17 }).kind, "none");
});

test("an old Java is named with its version, and the way out says what to install", () => {
  const choice = chooseKind({ ...bare, java: { kind: "too-old", command: "java", major: 11 }, maven: "usable" });
  assert.ok(choice.kind === "none");
  const error = nothingUsable(choice.missing);
  assert.equal(error.code, "STACK_UNAVAILABLE");
  assert.match(error.message, /Java 17 or newer is needed, java is Java 11/);
  assert.match(error.message, /Docker is not installed/);
  assert.doesNotMatch(error.message, /Maven \(mvn\) is not installed/);
  assert.match(error.message, /openjdk-17-jre-headless maven/);
});

test("on a bare machine everything that is missing is named at once", () => {
  const choice = chooseKind(bare);
  assert.ok(choice.kind === "none");
  assert.equal(choice.missing.length, 3);
});

test("the major version of Java is read from every vendor's notation", () => {
  assert.equal(javaMajor('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment'), 17);
  assert.equal(javaMajor('java version "1.8.0_392"'), 8);
  assert.equal(javaMajor('Picked up JAVA_TOOL_OPTIONS: -Dx=1\nopenjdk version "26-ea" 2026-03-17'), 26);
  assert.equal(javaMajor('openjdk version "21"'), 21);
  assert.equal(javaMajor("The operation couldn't be completed. Unable to locate a Java Runtime."), null);
});
