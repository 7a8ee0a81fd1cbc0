import type { JSX } from "preact";
import { useResource } from "./api/resource.ts";
import { sessionState } from "./api/session.ts";
import type { Switches } from "./api/types.ts";
import { clockText, useSecondsTo } from "./ui/countdown.ts";
import { Icon } from "./ui/icon.tsx";
import { Time } from "./ui/parts.tsx";

/** What everybody must see on every page: a bypass that is on, groups that are paused, who may not change anything. */
export function Banners(): JSX.Element {
  const switches = useResource<Switches>("/api/switches", { on: ["handlers"], everyMs: 30_000 });
  const { bypassBefore, pausedGroups } = switches.data ?? { bypassBefore: null, pausedGroups: [] };
  return (
    <div class="banners">
      {bypassBefore !== null && <Bypass {...bypassBefore} />}
      {pausedGroups.length > 0 && (
        <div class="banner warn">
          <Icon name="pause" />
          <span>
            Paused: {pausedGroups.map(({ group }) => group).join(", ")}. Their events wait in Kafka.{" "}
            <a href="/settings">Settings</a>
          </span>
        </div>
      )}
      <Access />
    </div>
  );
}

function Access(): JSX.Element | null {
  const state = sessionState.value;
  if (state.kind !== "in") return null;
  const { readOnly, handlersReadOnly, authentication, role } = state.session;
  if (readOnly !== null) {
    return (
      <div class="banner info">
        <Icon name="eye" />
        <span>Read-only: {readOnly}</span>
      </div>
    );
  }
  return (
    <>
      {authentication === "none" && role === "operator" && (
        <div class="banner warn">
          <Icon name="warn" />
          <span>
            Insecure: anyone who reaches this address can change everything (<code>ADMIN_INSECURE</code>).
          </span>
        </div>
      )}
      {handlersReadOnly !== null && (
        <div class="banner info">
          <Icon name="eye" />
          <span>Handlers are read-only: {handlersReadOnly}</span>
        </div>
      )}
    </>
  );
}

function Bypass({
  until,
  by,
  note,
}: {
  readonly until: string;
  readonly by: string;
  readonly note: string | null;
}): JSX.Element | null {
  const left = useSecondsTo(until);
  if (left <= 0) return null;
  return (
    <div class="banner bad">
      <Icon name="warn" />
      <span>
        <strong>Before handlers are bypassed:</strong> nobody is asked, every verdict is <em>undecided</em>. Ends at{" "}
        <Time at={until} />, in <span class="countdown">{clockText(left)}</span>. Set by {by}
        {note === null || note === "" ? "." : `: ${note}.`} <a href="/settings">Settings</a>
      </span>
    </div>
  );
}
