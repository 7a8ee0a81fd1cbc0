import assert from "node:assert/strict";
import { test } from "node:test";
import { readDefinition } from "../../../src/config/definition.ts";
import { shapeOfEvent } from "../../../src/kafka/registry/schemas.ts";
import { eventCatalogue, findEventType } from "../../../src/model/event-catalogue.ts";
import type { HandlerDefinition } from "../../../src/model/handler-log.ts";

const definition: HandlerDefinition = {
  ...{ id: "x", name: "X", stage: "before", priority: 1, events: ["clients.update"] },
  ...{ timeoutMs: 100, onFailure: "allow", task: { http: { url: "https://example.net/" } } },
};
const options = {
  deadlineMs: 3000,
  shapes: (id: string) => {
    const type = findEventType(id);
    return type === undefined ? undefined : shapeOfEvent(type);
  },
};

const many = (count: number, of: (at: number) => string): string[] => Array.from({ length: count }, (_, at) => of(at));
const beforeEvents = eventCatalogue.filter(({ before }) => before).map(({ id }) => id);

for (const [what, more, message] of [
  ["an event that does not exist", { events: many(50_000, () => "a") }, "must name at most 100 events"],
  [
    "an event that a vendor may have added",
    { events: many(25_000, (at) => `e.${at}`) },
    "must name at most 100 events",
  ],
  ["a field that does not exist", { mayChange: many(20_000, (at) => `f${at}`) }, "must name at most 200 fields"],
  [
    "a long field that no event has",
    { events: beforeEvents, mayChange: many(200, (at) => `field_${"x".repeat(50)}${at}`) },
    /have no field field_x+0$/,
  ],
  [
    "a key that nobody knows",
    Object.fromEntries(many(20_000, (at) => `k${at}`).map((key) => [key, 1])),
    "19950 more keys are unknown",
  ],
] as const) {
  test(`a definition as large as the API takes, full of ${what}, is refused at once: verdicts wait for it`, () => {
    readDefinition(definition, options);
    const startMs = process.cpuUsage().user / 1000;
    const reading = readDefinition({ ...definition, ...more }, options);
    const ms = process.cpuUsage().user / 1000 - startMs;
    assert.ok(reading.kind === "refused");
    const texts = reading.problems.map((problem) => problem.message);
    assert.ok(
      texts.some((text) => (typeof message === "string" ? text === message : message.test(text))),
      texts.slice(0, 5).join("\n"),
    );
    assert.ok(reading.problems.length <= 500);
    assert.ok(ms < 1000, `${Math.round(ms)} ms`);
  });
}
