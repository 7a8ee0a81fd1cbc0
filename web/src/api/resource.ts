import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, ask } from "./client.ts";
import { hear } from "./live.ts";
import type { LiveEvents } from "./types.ts";

/** What a page reads: the last answer stays while it is read again, so that nothing jumps. */
export interface Resource<T> {
  readonly data: T | null;
  readonly error: ApiError | null;
  readonly loading: boolean;
  readonly reload: () => void;
  readonly change: (to: (data: T) => T) => void;
}

interface Options {
  /** Reads again so often, while the page is visible. */
  readonly everyMs?: number;
  /** Reads again when one of these is heard, at most once a second. */
  readonly on?: readonly (keyof LiveEvents)[];
}

/** Null: nothing is read. */
export function useResource<T>(path: string | null, { everyMs, on = [] }: Options = {}): Resource<T> {
  const [state, setState] = useState<{ path: string | null; data: T | null; error: ApiError | null }>({
    path: null,
    data: null,
    error: null,
  });
  const [loading, setLoading] = useState(path !== null);
  const [round, setRound] = useState(0);
  const heard = on.join(" ");
  const asked = useRef(0);

  useEffect(() => {
    if (path === null) return undefined;
    const gone = new AbortController();
    const mine = ++asked.current;
    setLoading(true);
    ask<T>(path, { signal: gone.signal }).then(
      (data) => {
        if (mine !== asked.current) return;
        setState({ path, data, error: null });
        setLoading(false);
      },
      (error: unknown) => {
        if (gone.signal.aborted || mine !== asked.current) return;
        const known = error instanceof ApiError ? error : failed(error);
        setState((before) => ({ path, data: before.path === path ? before.data : null, error: known }));
        setLoading(false);
      },
    );
    return () => gone.abort();
  }, [path, round]);

  useEffect(() => {
    if (path === null) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setRound((before) => before + 1);
      }, 400);
    };
    const names = [...(heard === "" ? [] : (heard.split(" ") as (keyof LiveEvents)[])), "missed" as const];
    const stops = names.map((name) => hear(name, soon));
    const interval = everyMs === undefined ? undefined : setInterval(() => document.hidden || soon(), everyMs);
    return () => {
      for (const stop of stops) stop();
      clearTimeout(timer);
      clearInterval(interval);
    };
  }, [path, heard, everyMs]);

  const isCurrent = state.path === path;
  return {
    data: isCurrent ? state.data : null,
    error: isCurrent ? state.error : null,
    loading: loading || !isCurrent,
    reload: () => setRound((before) => before + 1),
    change: (to) => setState((before) => (before.data === null ? before : { ...before, data: to(before.data) })),
  };
}

function failed(error: unknown): ApiError {
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiError({ type: "about:blank", title: "Error", status: 0, code: "INTERNAL", detail });
}
