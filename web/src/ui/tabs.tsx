import type { ComponentChildren, JSX } from "preact";
import { place, setQuery } from "../route.ts";

/** Tabs that stand in the address: links, so that each can be opened and sent. */
export function TabLinks({
  label,
  tabs,
  current,
}: {
  readonly label: string;
  readonly tabs: readonly { readonly id: string; readonly name: string; readonly count?: number }[];
  readonly current: string;
}): JSX.Element {
  const first = tabs[0]?.id;
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ id, name, count }) => {
        const query = new URLSearchParams(id === first ? {} : { tab: id }).toString();
        return (
          <a
            key={id}
            href={place.value.path + (query === "" ? "" : `?${query}`)}
            class="tab"
            {...(id === current ? { "aria-current": "page" as const } : {})}
            onClick={(event) => {
              if (event.metaKey || event.ctrlKey || event.shiftKey) return;
              event.preventDefault();
              setQuery({ tab: id === first ? null : id });
            }}
          >
            {name}
            {count !== undefined && count > 0 && <span class="count">{count}</span>}
          </a>
        );
      })}
    </nav>
  );
}

export function Code({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  return (
    // A region that scrolls must be reachable by keyboard.
    <pre class="code" tabIndex={0} role="region" aria-label={label}>
      {text}
    </pre>
  );
}

/** Pairs of a name and a value. */
export function Facts({
  items,
}: {
  readonly items: readonly (readonly [name: string, value: ComponentChildren])[];
}): JSX.Element {
  return (
    <dl class="facts">
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
