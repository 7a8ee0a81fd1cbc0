import { useEffect, useRef, useState } from "preact/hooks";
import { hear } from "./live.ts";
import type { DecisionRow, ExecutionRow } from "./types.ts";

interface Rows {
  readonly execution: ExecutionRow;
  readonly decision: DecisionRow;
}

/** What is kept while the tail is paused, and how often the page is changed while it runs. */
const mostHeld = 500;
const beatMs = 300;

/** Rows as they happen, in small lots; while paused they are counted and kept. */
export function useLiveRows<N extends keyof Rows>(
  name: N,
  paused: boolean,
  fits: (row: Rows[N]) => boolean,
  take: (rows: readonly Rows[N][]) => void,
  catchUp: () => void,
): { readonly waiting: number; readonly release: () => void } {
  const held = useRef<Rows[N][]>([]);
  const latest = useRef({ paused, fits, take, catchUp });
  latest.current = { paused, fits, take, catchUp };
  const missed = useRef(false);
  const [waiting, setWaiting] = useState(0);

  const release = (): void => {
    const rows = held.current;
    held.current = [];
    setWaiting(0);
    if (missed.current) latest.current.catchUp();
    missed.current = false;
    if (rows.length > 0) latest.current.take(rows);
  };

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = hear(name, (row) => {
      const heardRow = row as Rows[N];
      if (!latest.current.fits(heardRow)) return;
      held.current = [heardRow, ...held.current].slice(0, mostHeld);
      timer ??= setTimeout(() => {
        timer = undefined;
        if (latest.current.paused) setWaiting(held.current.length);
        else release();
      }, beatMs);
    });
    const stopMissed = hear("missed", () => {
      missed.current = true;
      if (!latest.current.paused) release();
    });
    return () => {
      stop();
      stopMissed();
      clearTimeout(timer);
      held.current = [];
    };
  }, [name]);

  return { waiting, release };
}
