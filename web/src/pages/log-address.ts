import { place } from "../route.ts";

/** What may be suggested in the filters of a log. */
export interface Known {
  readonly handlers: readonly string[];
  readonly events: readonly string[];
}

/** The same list, with one of its rows opened. */
export function openAddress(id: string): string {
  const query = new URLSearchParams(place.value.query);
  query.set("open", id);
  return `${place.value.path}?${query.toString()}`;
}
