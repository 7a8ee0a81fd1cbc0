import {
  type Attributes,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { AttemptOutcome } from "../after/ports.ts";
import type { AskOutcome, Decided, Question } from "../before/ports.ts";
import type { BridgeEvent } from "../model/event.ts";
import type { TaskCall } from "../model/task-call.ts";

/**
 * Spans for whoever has registered an OpenTelemetry SDK in the process (docs/metrics.md, "Traces"). Without one nothing is
 * recorded, and the `traceparent` that came is the one that goes on.
 *
 *   the core's span ── decide EVENT ── ask HANDLER ── whatever the handler makes of its `traceparent`
 *   the core's span ── deliver HANDLER, one for each attempt
 */
const tracer = trace.getTracer("provisioning-bridge");

/** One call of a handler. `make` gets the call with the span as the handler's parent. */
export function traceCall<T extends AskOutcome | AttemptOutcome>(
  verb: "ask" | "deliver",
  handlerId: string,
  call: TaskCall,
  make: (call: TaskCall) => Promise<T>,
): Promise<T> {
  const attributes = {
    "provisioning.handler": handlerId,
    "provisioning.attempt": call.attempt,
    "provisioning.sequence": call.sequence,
  };
  return inSpan(`${verb} ${handlerId}`, SpanKind.CLIENT, call.event, attributes, async (span, event) => {
    const outcome = await make({ ...call, event });
    if (outcome.kind === "failure") failed(span, outcome.failure.kind, outcome.failure.detail);
    return outcome;
  });
}

/** One verdict, from the decoded request to the decision; the calls made for it are its children. */
export function traceVerdict(question: Question, decide: (question: Question) => Promise<Decided>): Promise<Decided> {
  const attributes = {
    "provisioning.operation_id": question.operationId,
    "provisioning.attempt": question.attempt,
    "provisioning.sequence": question.sequence,
  };
  return inSpan(`decide ${question.event.id}`, SpanKind.CONSUMER, question.event, attributes, async (span, event) => {
    const decided = await decide({ ...question, event });
    const { decision, decidedBy } = decided.verdict;
    span.setAttributes({ "provisioning.decision": decision, "provisioning.decided_by": decidedBy });
    return decided;
  });
}

async function inSpan<T>(
  name: string,
  kind: SpanKind,
  event: BridgeEvent,
  attributes: Attributes,
  work: (span: Span, event: BridgeEvent) => Promise<T>,
): Promise<T> {
  const { traceparent } = event;
  const parent = propagation.extract(ROOT_CONTEXT, traceparent === undefined ? {} : { traceparent });
  const span = tracer.startSpan(name, { kind, attributes: { "provisioning.event": event.id, ...attributes } }, parent);
  const carrier: { traceparent?: string } = {};
  propagation.inject(trace.setSpan(parent, span), carrier);
  try {
    return await work(span, carrier.traceparent === undefined ? event : { ...event, traceparent: carrier.traceparent });
  } catch (error) {
    failed(span, "defect", "");
    throw error;
  } finally {
    span.end();
  }
}

function failed(span: Span, kind: string, message: string): void {
  span.setAttribute("error.type", kind);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
