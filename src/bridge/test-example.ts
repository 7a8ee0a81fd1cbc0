import { BridgeError } from "../errors.ts";
import { shapeOfEvent } from "../kafka/registry/schemas.ts";
import { type EventType, findEventType } from "../model/event-catalogue.ts";
import type { Handler } from "../model/handler.ts";
import { dataFromBody, dataFromJson } from "../model/json-data.ts";
import { sampleData } from "../model/sample-data.ts";
import { type ExampleEvent, exampleEvent } from "./example-event.ts";

/** What a handler is tried with. */
export type TestData =
  | { readonly kind: "sample" }
  /** The data alone, as JSON text. */
  | { readonly kind: "data"; readonly text: string }
  /** A body that the execution log keeps: what was secret in it stands as `***`. */
  | { readonly kind: "body"; readonly text: string };

/**
 * The event a handler is tried with; aliases are taken. Throws UNKNOWN_EVENT, USAGE when the handler does not take it,
 * DATA_INVALID.
 */
export function testExample(handler: Handler, eventId: string, data: TestData): ExampleEvent {
  const type = typeOfTest(eventId);
  if (!handler.events.includes(type.id))
    throw new BridgeError("USAGE", `${handler.id} does not take ${type.id}; it takes ${handler.events.join(", ")}`);
  const shape = shapeOfEvent(type);
  return exampleEvent(type, dataOf(), "test", "/provisioning-bridge/test");

  function dataOf(): Parameters<typeof exampleEvent>[1] {
    switch (data.kind) {
      case "sample": {
        const sample = new Map(Object.entries(sampleData)).get(type.id);
        if (sample === undefined) throw new BridgeError("INTERNAL", `no sample of ${eventId}`);
        return sample;
      }
      case "data":
        return dataFromJson(data.text, shape);
      case "body":
        return dataFromBody(data.text, shape);
    }
  }
}

/** Throws UNKNOWN_EVENT. */
export function typeOfTest(eventId: string): EventType {
  const type = findEventType(eventId);
  if (type !== undefined) return type;
  throw new BridgeError("UNKNOWN_EVENT", `no schema is known of "${eventId}", so there is nothing to try it with`);
}
