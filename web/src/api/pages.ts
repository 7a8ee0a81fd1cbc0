import { useEffect, useState } from "preact/hooks";
import { ApiError, ask, withQuery } from "./client.ts";
import type { Page } from "./types.ts";

/** A list that is read page by page, newest first; new rows may be put before it. */
export interface Pages<T> {
  readonly rows: readonly T[] | null;
  readonly error: ApiError | null;
  readonly hasMore: boolean;
  readonly loading: boolean;
  readonly more: () => void;
  readonly reload: () => void;
  readonly prepend: (rows: readonly T[]) => void;
  /** Reads what came since, where some of it was not heard; what was read of older rows stays if no gap would show. */
  readonly catchUp: () => void;
}

/** More rows than this are not kept: who looks so far back narrows the filter. */
const most = 2000;

interface Read<T> {
  readonly key: string;
  readonly rows: readonly T[];
  readonly next: string | null;
}

export function usePages<T>(path: string, query: Readonly<Record<string, string>>, id: (row: T) => string): Pages<T> {
  const key = withQuery(path, query);
  const [read, setRead] = useState<Read<T> | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [loading, setLoading] = useState(true);
  const [round, setRound] = useState(0);

  useEffect(() => {
    const gone = new AbortController();
    setLoading(true);
    ask<Page<T>>(key, { signal: gone.signal }).then(
      ({ items, next }) => {
        setRead({ key, rows: items, next });
        setError(null);
        setLoading(false);
      },
      (thrown: unknown) => {
        if (gone.signal.aborted) return;
        setError(thrown instanceof ApiError ? thrown : null);
        setLoading(false);
      },
    );
    return () => gone.abort();
  }, [key, round]);

  const more = (): void => {
    if (read?.next == null || loading) return;
    setLoading(true);
    ask<Page<T>>(withQuery(path, { ...query, cursor: read.next })).then(
      ({ items, next }) => {
        setRead((before) => {
          if (before?.key !== key) return before;
          const known = new Set(before.rows.map(id));
          return { key, rows: [...before.rows, ...items.filter((row) => !known.has(id(row)))].slice(0, most), next };
        });
        setLoading(false);
      },
      (thrown: unknown) => {
        setError(thrown instanceof ApiError ? thrown : null);
        setLoading(false);
      },
    );
  };

  const catchUp = (): void => {
    ask<Page<T>>(key).then(
      ({ items, next }) =>
        setRead((before) => {
          if (before?.key !== key) return before;
          const known = new Set(before.rows.map(id));
          const fresh = items.filter((row) => !known.has(id(row)));
          if (fresh.length === items.length) return { key, rows: items, next };
          return { ...before, rows: [...fresh, ...before.rows].slice(0, most) };
        }),
      // Whoever looks is told by the sign that nothing is live; the next time may do better.
      () => undefined,
    );
  };

  const isCurrent = read?.key === key;
  return {
    rows: isCurrent ? read.rows : null,
    error,
    hasMore: isCurrent && read.next !== null && read.rows.length < most,
    loading,
    more,
    catchUp,
    reload: () => setRound((before) => before + 1),
    prepend: (rows) =>
      setRead((before) => {
        if (before?.key !== key) return before;
        const known = new Set(before.rows.map(id));
        return { ...before, rows: [...rows.filter((row) => !known.has(id(row))), ...before.rows].slice(0, most) };
      }),
  };
}
