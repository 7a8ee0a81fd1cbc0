import { useEffect, useState } from "preact/hooks";
import type { ApiError } from "../../api/client.ts";
import { part, withQuery } from "../../api/client.ts";
import { useResource } from "../../api/resource.ts";
import type { EventDetail, ExecutionDetail, ExecutionRow, Page } from "../../api/types.ts";
import { pretty } from "../../text/json.ts";
import { localTime } from "../../text/times.ts";
import { dataOf } from "../explain.tsx";

/** The data of a test call: of the event's sample, or of a call that was recorded; then edited. */
export interface TestData {
  /** Null: it is being read. */
  readonly text: string | null;
  readonly setText: (text: string) => void;
  /** As it was read: a recorded one is then named to the API, which has every digit of it. */
  readonly isUntouched: boolean;
  /** Why what was recorded cannot be sent. */
  readonly problem: string | null;
  readonly error: ApiError | null;
}

/** `recorded`: id of an entry of the execution log; null: the sample. */
export function useTestData(event: string, recorded: string | null): TestData {
  const sample = useResource<EventDetail>(recorded === null && event !== "" ? `/api/events/${part(event)}` : null);
  const call = useResource<ExecutionDetail>(recorded === null ? null : `/api/executions/${part(recorded)}`);
  const key = `${event} ${recorded ?? ""}`;
  const body = recorded === null ? sample.data?.sample : call.data?.sent;
  const isRead = (recorded === null ? sample.data : call.data) !== null;
  const problem =
    recorded === null || call.data === null
      ? null
      : call.data.sent === null
        ? "The log does not keep what was sent (EXECUTION_LOG_BODY_BYTES)."
        : call.data.sentCut
          ? "The log kept only its beginning (EXECUTION_LOG_BODY_BYTES): it cannot be sent again."
          : null;
  const original = body == null || problem !== null ? "{}" : pretty(dataOf(body));
  const [typed, setTyped] = useState<{ readonly of: string; readonly text: string } | null>(null);
  useEffect(() => {
    if (isRead && typed?.of !== key) setTyped({ of: key, text: original });
  }, [isRead, key]);
  const text = typed?.of === key ? typed.text : null;
  return {
    text,
    setText: (to) => setTyped({ of: key, text: to }),
    isUntouched: text === original,
    problem,
    error: recorded === null ? sample.error : call.error,
  };
}

/** Calls about the event whose data may be sent again, newest first: of the handler, or of any where it is not saved yet. */
export function useRecorded(event: string, handler: string | null): readonly (readonly [id: string, about: string])[] {
  const query = { event, limit: "20", ...(handler === null ? {} : { handler }) };
  const calls = useResource<Page<ExecutionRow>>(event === "" ? null : withQuery("/api/executions", query));
  return (calls.data?.items ?? []).map((row) => [
    row.id,
    `${localTime(new Date(row.at))}, ${handler === null ? `${row.handler}, ` : ""}object ${row.objectId ?? "new"}, ${row.outcome}`,
  ]);
}
