import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { propagation, SpanStatusCode, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { AskOutcome, Decided, Question } from "../../../src/before/ports.ts";
import type { BridgeEvent } from "../../../src/model/event.ts";
import type { TaskCall } from "../../../src/model/task-call.ts";
import { traceCall, traceVerdict } from "../../../src/observe/traces.ts";

const core = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
const traceparent = `00-${core.traceId}-${core.spanId}-01`;
const event = { id: "clients.update", traceparent } as BridgeEvent;
const call: TaskCall = { event, deliveryId: "msg_1", attempt: 2, sequence: "billing.clients/0/7", timeoutMs: 100 };
const question = { event, operationId: "op-1", attempt: 1, sequence: "billing.clients.before/0/7" } as Question;
const decided = { verdict: { decision: "allow", decidedBy: "handler" } } as Decided;
const answered: AskOutcome = { kind: "answer", answer: { kind: "allow" } as never };

const exporter = new InMemorySpanExporter();

/** Once registered, an SDK stays: the first test is the one without. */
function register(): void {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
}

function finished(name: string): ReadableSpan {
  const span = exporter.getFinishedSpans().find((one) => one.name === name);
  assert.ok(span !== undefined, `no span is called ${name}`);
  return span;
}

afterEach(() => exporter.reset());

test("without an SDK the core's traceparent goes on to the handler as it came", async () => {
  const seen: (string | undefined)[] = [];
  const outcome = await traceCall("ask", "crm", call, (inner) => {
    seen.push(inner.event.traceparent);
    return Promise.resolve(answered);
  });
  assert.equal(outcome, answered);
  assert.deepEqual(seen, [traceparent]);
});

test("core, verdict, call and handler are one trace, each the parent of the next", async () => {
  register();
  let handlers: string | undefined;
  const answer = await traceVerdict(question, async (traced) => {
    await traceCall("ask", "crm", { ...call, event: traced.event }, (inner) => {
      handlers = inner.event.traceparent;
      return Promise.resolve(answered);
    });
    return decided;
  });
  assert.equal(answer, decided);
  const asked = finished("ask crm");
  const verdict = finished("decide clients.update");
  assert.equal(verdict.parentSpanContext?.spanId, core.spanId);
  assert.equal(asked.parentSpanContext?.spanId, verdict.spanContext().spanId);
  assert.equal(handlers, `00-${core.traceId}-${asked.spanContext().spanId}-01`);
  assert.equal(verdict.attributes["provisioning.decided_by"], "handler");
  assert.equal(asked.attributes["provisioning.attempt"], 2);
});

test("a failed attempt is an error of its kind, and an event without a parent begins a trace of its own", async () => {
  const failure = { kind: "failure", failure: { kind: "timeout", detail: "no answer within 100 ms" } } as const;
  const orphan = { ...call, event: { ...event, traceparent: undefined } };
  await traceCall("deliver", "crm", orphan, () => Promise.resolve(failure));
  const span = finished("deliver crm");
  assert.equal(span.parentSpanContext, undefined);
  assert.equal(span.attributes["error.type"], "timeout");
  assert.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: "no answer within 100 ms" });
});

test("what is thrown goes on, and its span has ended", async () => {
  const defect = new Error("a defect");
  await assert.rejects(
    traceVerdict(question, () => Promise.reject(defect)),
    defect,
  );
  assert.equal(finished("decide clients.update").attributes["error.type"], "defect");
});
