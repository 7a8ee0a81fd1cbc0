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
  const begun = begin(`${verb} ${handlerId}`, SpanKind.CLIENT, call.event, attributes);
  if (begun === null) return make(call);
  const { event, span } = begun;
  return during(span, async () => {
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
  const begun = begin(`decide ${question.event.id}`, SpanKind.CONSUMER, question.event, attributes);
  if (begun === null) return decide(question);
  const { event, span } = begun;
  return during(span, async () => {
    const decided = await decide({ ...question, event });
    const { decision, decidedBy } = decided.verdict;
    span.setAttributes({ "provisioning.decision": decision, "provisioning.decided_by": decidedBy });
    return decided;
  });
}

interface Begun {
  readonly span: Span;
  /** With the span as its parent. */
  readonly event: BridgeEvent;
}

/** Null: nobody hears of the span, and nobody would hand its context on. */
function begin(name: string, kind: SpanKind, event: BridgeEvent, attributes: Attributes): Begun | null {
  const { traceparent } = event;
  const isHandedOn = propagation.fields().length > 0;
  const parent = isHandedOn
    ? propagation.extract(ROOT_CONTEXT, traceparent === undefined ? {} : { traceparent })
    : ROOT_CONTEXT;
  const span = tracer.startSpan(name, { kind, attributes: { "provisioning.event": event.id, ...attributes } }, parent);
  if (!isHandedOn) return span.isRecording() ? { span, event } : null;
  const carrier: { traceparent?: string } = {};
  propagation.inject(trace.setSpan(parent, span), carrier);
  return { span, event: carrier.traceparent === undefined ? event : { ...event, traceparent: carrier.traceparent } };
}

async function during<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
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
