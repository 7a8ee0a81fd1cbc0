import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ask } from "../api/client.ts";
import { type Resource, useResource } from "../api/resource.ts";
import { mayWrite, sessionState } from "../api/session.ts";
import type { Flow, Switches } from "../api/types.ts";
import { place } from "../route.ts";
import { zone } from "../text/times.ts";
import { setTheme, type Theme, theme } from "../theme.ts";
import { clockText, useSecondsTo } from "../ui/countdown.ts";
import { Confirm } from "../ui/dialog.tsx";
import { Field, SelectField } from "../ui/fields.tsx";
import { Card, ErrorBox, Loading, PageHead, Time } from "../ui/parts.tsx";
import { Facts, TabLinks } from "../ui/tabs.tsx";
import { say, sayFailed } from "../ui/toasts.tsx";
import { Audit } from "./audit.tsx";
import { isBeforeGroup } from "./flow/flow-map.tsx";
import { PauseSwitch } from "./pause-switch.tsx";

export function Settings(): JSX.Element {
  const tab = place.value.query.get("tab") ?? "switches";
  return (
    <>
      <PageHead
        title="Settings"
        lead="What can be changed while everything runs. Each change holds on every instance and stands in the audit log."
      />
      <TabLinks
        label="Settings"
        current={tab}
        tabs={[
          { id: "switches", name: "Switches" },
          { id: "audit", name: "Audit log" },
        ]}
      />
      {tab === "audit" ? <Audit /> : <AllSwitches />}
    </>
  );
}

function AllSwitches(): JSX.Element {
  const switches = useResource<Switches>("/api/switches", { on: ["handlers"] });
  return (
    <>
      {switches.error !== null && <ErrorBox error={switches.error} retry={switches.reload} />}
      {switches.data === null && switches.error === null && <Loading what="the switches" />}
      {switches.data !== null && (
        <div class="cards">
          <BypassCard switches={switches} now={switches.data} />
          <GroupsCard switches={switches} now={switches.data} />
          <LogLevelCard switches={switches} now={switches.data} />
          <SessionCard />
        </div>
      )}
    </>
  );
}

interface Part {
  readonly switches: Resource<Switches>;
  readonly now: Switches;
}

async function put(path: string, body: unknown, done: string, switches: Resource<Switches>): Promise<void> {
  try {
    await ask(path, { method: "PUT", body });
    say(done);
  } catch (error) {
    sayFailed("Not changed", error);
  }
  switches.reload();
}

const spans = [
  ["5", "5 minutes"],
  ["15", "15 minutes"],
  ["60", "1 hour"],
  ["240", "4 hours"],
  ["1440", "24 hours"],
] as const;

function BypassCard({ switches, now }: Part): JSX.Element {
  const [asking, setAsking] = useState(false);
  const [minutes, setMinutes] = useState("15");
  const [note, setNote] = useState("");
  const on = now.bypassBefore;
  const path = "/api/switches/bypass-before";
  return (
    <Card title="Bypass of before handlers">
      {on === null ? (
        <p>
          Off: handlers are asked before each change. In an emergency the bypass answers every request at once with{" "}
          <em>undecided</em>, and the billing core applies its own <code>onSilence</code>.
        </p>
      ) : (
        <On until={on.until} by={on.by} note={on.note} />
      )}
      {mayWrite() && on === null && (
        <button type="button" class="danger" onClick={() => setAsking(true)}>
          Bypass before handlers …
        </button>
      )}
      {mayWrite() && on !== null && (
        <button
          type="button"
          class="primary"
          onClick={() => void put(path, { until: null }, "Before handlers are asked again", switches)}
        >
          End the bypass now
        </button>
      )}
      {asking && (
        <Confirm
          title="Bypass every before handler?"
          action="Bypass them"
          danger
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            const until = new Date(Date.now() + Number(minutes) * 60_000).toISOString();
            await put(path, { until, ...(note === "" ? {} : { note }) }, "Before handlers are bypassed", switches);
            setAsking(false);
          }}
        >
          <p>No handler can allow, change or forbid anything until it ends. It ends by itself.</p>
          <SelectField label="For" value={minutes} options={spans} onValue={setMinutes} />
          <Field label="Why (shown to everybody)">
            {(ids) => (
              <input {...ids} maxLength={500} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
            )}
          </Field>
        </Confirm>
      )}
    </Card>
  );
}

function On({
  until,
  by,
  note,
}: {
  readonly until: string;
  readonly by: string;
  readonly note: string | null;
}): JSX.Element {
  const left = useSecondsTo(until);
  return (
    <p>
      <strong>On</strong> for another <span class="countdown">{clockText(Math.max(0, left))}</span>, until{" "}
      <Time at={until} />. Set by {by}
      {note === null ? "." : `: ${note}.`}
    </p>
  );
}

function GroupsCard({ switches, now }: Part): JSX.Element {
  const flow = useResource<Flow>("/api/flow", { on: ["handlers"] });
  const paused = new Map(now.pausedGroups.map((one) => [one.group, one]));
  const groups = [
    ...new Set([
      ...(flow.data?.groups ?? [])
        .filter((group) => flow.data === null || !isBeforeGroup(group, flow.data))
        .map(({ group }) => group),
      ...paused.keys(),
    ]),
  ].sort();
  return (
    <Card title="Handler groups">
      <p>A paused group tries nothing: its events wait in Kafka, in order, as long as they are kept.</p>
      {groups.length === 0 && <p class="quiet">There are no groups: a handler after the event makes one.</p>}
      <ul class="plain-list rows">
        {groups.map((group) => {
          const stopped = paused.get(group);
          return (
            <li key={group}>
              <span>
                <code>{group}</code>
                {stopped !== undefined && (
                  <small class="quiet">
                    {" "}
                    paused by {stopped.by}, <Time at={stopped.at} />
                  </small>
                )}
              </span>
              <PauseSwitch group={group} paused={stopped !== undefined} onDone={switches.reload} />
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

function LogLevelCard({ switches, now }: Part): JSX.Element {
  return (
    <Card title="Log level">
      <p>
        How much every instance writes to its log. Nothing chosen: as <code>LOG_LEVEL</code> says.
      </p>
      {mayWrite() ? (
        <SelectField
          label="Level"
          value={now.logLevel ?? ""}
          options={[
            ["", "as LOG_LEVEL says"],
            ...["debug", "info", "warn", "error"].map((level) => [level, level] as const),
          ]}
          onValue={(level) =>
            void put(
              "/api/switches/log-level",
              { level: level === "" ? null : level },
              "The log level is set",
              switches,
            )
          }
        />
      ) : (
        <p>
          <strong>{now.logLevel ?? "as LOG_LEVEL says"}</strong>
        </p>
      )}
    </Card>
  );
}

function SessionCard(): JSX.Element | null {
  const state = sessionState.value;
  if (state.kind !== "in") return null;
  const { user, role, authentication, readOnly, version, instance } = state.session;
  return (
    <Card title="Session">
      <Facts
        items={[
          ["User", user ?? "nobody signed in"],
          ["Role", role],
          ["Signed in by", authentication === "none" ? "not at all" : authentication],
          ["Changes", readOnly ?? (role === "operator" ? "allowed" : "not with this role")],
          ["Version", version],
          ["Instance", <code key="i">{instance}</code>],
          ["Times are shown in", zone],
        ]}
      />
      <SelectField
        label="Theme"
        value={theme.value}
        options={[
          ["auto", "as the system"],
          ["light", "light"],
          ["dark", "dark"],
        ]}
        onValue={(value) => setTheme(value as Theme)}
      />
    </Card>
  );
}
