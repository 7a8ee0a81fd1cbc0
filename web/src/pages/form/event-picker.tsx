import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { EventRow } from "../../api/types.ts";
import { Icon } from "../../ui/icon.tsx";

/** Events to pick, with search; the id of a vendor's event is typed. */
export function EventPicker({
  known,
  picked,
  stage,
  problems,
  onPick,
}: {
  readonly known: readonly EventRow[];
  readonly picked: readonly string[];
  readonly stage: string;
  readonly problems: readonly string[];
  readonly onPick: (ids: readonly string[]) => void;
}): JSX.Element {
  const [text, setText] = useState("");
  const words = text.trim().toLowerCase();
  const catalogue = known.filter(({ entity }) => entity !== null);
  const shown = catalogue.filter(({ id, label, aliases }) =>
    `${id} ${label} ${aliases.join(" ")}`.toLowerCase().includes(words),
  );
  const isVendors =
    /^[\w-]+(\.[\w-]+)+$/.test(text.trim()) &&
    !catalogue.some(({ id, aliases }) => [id, ...aliases].includes(text.trim()));
  const toggle = (id: string, on: boolean): void => onPick(on ? [...picked, id] : picked.filter((one) => one !== id));
  const addTyped = (): void => {
    if (!picked.includes(text.trim())) onPick([...picked, text.trim()]);
    setText("");
  };
  return (
    <fieldset class={problems.length > 0 ? "field picker invalid" : "field picker"} id="f-events" tabIndex={-1}>
      <legend>Events</legend>
      <div class="chips">
        {picked.length === 0 && <span class="quiet">none chosen yet</span>}
        {picked.map((id) => (
          <span key={id} class="chip">
            <code>{id}</code>
            <button type="button" class="plain" aria-label={`Remove ${id}`} onClick={() => toggle(id, false)}>
              <Icon name="bad" />
            </button>
          </span>
        ))}
      </div>
      <div class="picker-search">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search events, or type a vendor's event id"
          placeholder="Search, or type a vendor's event id"
          value={text}
          autoComplete="off"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            if (isVendors) addTyped();
            else if (shown.length === 1 && shown[0] !== undefined) toggle(shown[0].id, !picked.includes(shown[0].id));
          }}
        />
        {isVendors && (
          <button type="button" class="small" onClick={addTyped}>
            <Icon name="plus" /> Add {text.trim()}
          </button>
        )}
      </div>
      <div class="picker-list" role="group" aria-label="Events of the catalogue">
        {shown.map(({ id, label, before }) => {
          const never = stage === "before" && !before;
          return (
            <label key={id} class={never ? "pick off" : "pick"}>
              <input
                type="checkbox"
                checked={picked.includes(id)}
                disabled={never && !picked.includes(id)}
                onChange={(event) => toggle(id, event.currentTarget.checked)}
              />
              <code>{id}</code>
              <span class="quiet">{never ? "never asked before" : label}</span>
            </label>
          );
        })}
        {shown.length === 0 && !isVendors && (
          <p class="quiet">No such event. A vendor's id has a dot in it, such as vendor.something.</p>
        )}
      </div>
      {problems.map((problem) => (
        <p key={problem} class="problem">
          {problem}
        </p>
      ))}
    </fieldset>
  );
}
