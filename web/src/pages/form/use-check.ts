import { useEffect, useState } from "preact/hooks";
import { ApiError, ask } from "../../api/client.ts";
import type { CheckResult, Definition } from "../../api/types.ts";

export interface Check {
  readonly result: CheckResult | null;
  readonly error: ApiError | null;
  /** The result is of what stands in the form now. */
  readonly isCurrent: boolean;
}

/** Asks the API what saving would say, a moment after the last change. */
export function useCheck(definition: Definition | null): Check {
  const [state, setState] = useState<{ of: Definition | null; result: CheckResult | null; error: ApiError | null }>({
    of: null,
    result: null,
    error: null,
  });
  useEffect(() => {
    if (definition === null) return undefined;
    const gone = new AbortController();
    const timer = setTimeout(() => {
      ask<CheckResult>("/api/handlers/check", { method: "POST", body: { definition }, signal: gone.signal }).then(
        (result) => setState({ of: definition, result, error: null }),
        (error: unknown) => {
          if (!gone.signal.aborted && error instanceof ApiError) {
            setState((before) => ({ ...before, of: definition, error }));
          }
        },
      );
    }, 200);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [definition]);
  return { result: state.result, error: state.error, isCurrent: state.of === definition };
}
