import { type ComponentChildren, type JSX, toChildArray } from "preact";
import { useState } from "preact/hooks";

/** A row of filters; on a phone the first one, and the others when they are asked for. */
export function FilterBox({
  chosen = 0,
  children,
}: {
  readonly chosen?: number;
  readonly children: ComponentChildren;
}): JSX.Element {
  const [open, setOpen] = useState(false);
  const [first, ...others] = toChildArray(children);
  return (
    <search class={open ? "filters open" : "filters"}>
      {first}
      {others.length > 0 && (
        <button type="button" class="toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Fewer filters" : `Filters${chosen > 0 ? ` (${chosen})` : ""}`}
        </button>
      )}
      {others}
    </search>
  );
}
