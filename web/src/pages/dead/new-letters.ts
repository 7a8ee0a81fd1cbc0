import { useEffect, useState } from "preact/hooks";
import { useResource } from "../../api/resource.ts";
import type { Flow } from "../../api/types.ts";

/**
 * How many letters came since the list was read. They are only counted, which costs nothing: reading them is a walk through
 * their topic, and rows that move would make who chooses some choose others.
 */
export function useNewLetters(list: string): { readonly count: number; readonly seen: () => void } {
  const flow = useResource<Flow>("/api/flow", { everyMs: 3000 });
  const records = flow.data?.topics.find(({ role }) => role === "dead-letters")?.records ?? null;
  const [shown, setShown] = useState<number | null>(null);
  useEffect(() => setShown(null), [list]);
  useEffect(() => {
    // Fewer than before: retention took some.
    if (records !== null && (shown === null || records < shown)) setShown(records);
  }, [records, shown]);
  return { count: records === null || shown === null ? 0 : records - shown, seen: () => setShown(records) };
}
