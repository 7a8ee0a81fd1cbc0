import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { part } from "../api/client.ts";
import { useResource } from "../api/resource.ts";
import { mayWrite, mayWriteHandlers } from "../api/session.ts";
import type { HandlerDetail, HandlerRow } from "../api/types.ts";
import { place } from "../route.ts";
import { duration, percent } from "../text/numbers.ts";
import { Icon } from "../ui/icon.tsx";
import { Card, ErrorBox, Loading, Note, PageHead, Time } from "../ui/parts.tsx";
import { Code, Facts, TabLinks } from "../ui/tabs.tsx";
import { CallList } from "./executions.tsx";
import { FiguresCard } from "./handler/figures-card.tsx";
import { History } from "./handler/history.tsx";
import { NoHandler } from "./handler/no-handler.tsx";
import { StatusActions } from "./handler/status-actions.tsx";
import { TestCall } from "./handler/test-call.tsx";
import { EventIds } from "./handler-columns.tsx";
import { Breaker, lagText, StageBadge, StatusBadge } from "./handler-words.tsx";

const tabs = [
  { id: "overview", name: "Overview" },
  { id: "calls", name: "Calls" },
  { id: "test", name: "Test call" },
  { id: "history", name: "History" },
] as const;

export function HandlerPage({ id }: { readonly id: string }): JSX.Element {
  const found = useResource<HandlerDetail>(`/api/handlers/${part(id)}`, {
    on: ["handlers", "instance"],
    everyMs: 5000,
  });
  const tab = place.value.query.get("tab") ?? "overview";
  const detail = found.data;
  // 400: no handler can have such an id.
  const isMissing = [400, 404].includes(found.error?.problem.status ?? 0);
  return (
    <>
      <PageHead title={detail?.row.name ?? id} lead={<code>{id}</code>}>
        {detail !== null && mayWriteHandlers() && (
          <>
            <StatusActions row={detail.row} onDone={found.reload} />
            <a class="button" href={`/handlers/_new?copy=${part(id)}`}>
              <Icon name="copy" /> Duplicate
            </a>
            <a class="button primary" href={`/handlers/${part(id)}/edit`}>
              Edit
            </a>
          </>
        )}
      </PageHead>
      {found.error !== null && !isMissing && <ErrorBox error={found.error} retry={found.reload} />}
      {isMissing && <NoHandler id={id} tab={place.value.query.get("tab")} onBack={found.reload} />}
      {detail === null && found.error === null && <Loading what="the handler" />}
      {detail !== null &&
        detail.row.problems.map((problem) => (
          <Note key={problem} tone="bad">
            <strong>Not running as it stands here:</strong> {problem} <a href={`/handlers/${part(id)}/edit`}>Edit it</a>
          </Note>
        ))}
      {detail !== null && (
        <>
          <TabLinks label="Handler" tabs={tabs.filter(({ id: one }) => one !== "test" || mayWrite())} current={tab} />
          {tab === "overview" && <Overview detail={detail} />}
          {tab === "calls" && <CallList query={{ handler: id }} ofHandler />}
          {tab === "test" && <TestCall id={id} events={detail.row.events} />}
          {tab === "history" && <History id={id} row={detail.row} onDone={found.reload} />}
        </>
      )}
    </>
  );
}

function Overview({ detail }: { readonly detail: HandlerDetail }): JSX.Element {
  const { row } = detail;
  const [minutes, setMinutes] = useState("60");
  return (
    <div class="cards">
      <Card title="Now" wide>
        <div class="figures">
          <Figure name="Status" value={<StatusBadge status={row.status} />} />
          <Figure name="Breaker" value={<Breaker state={row.breaker} />} />
          <Figure name="Success, last hour" value={successText(row.recent)} />
          <Figure name="p95, last hour" value={latencyText(row.recent)} />
          {row.stage === "after" && (
            <Figure name="Lag of its group" value={row.lag === null ? "unknown" : lagText(row.lag)} />
          )}
        </div>
        {row.lag !== null && row.lag.records > 0 && (
          <p class="quiet">
            {row.status === "disabled"
              ? "It is disabled: these events wait for it, in order, as long as Kafka keeps them."
              : "These events are on their way, or wait behind one that is being retried."}{" "}
            <a href="/flow">Flow</a>
          </p>
        )}
      </Card>
      <FiguresCard id={row.id} minutes={minutes} onMinutes={setMinutes} />
      <Card title="What it is" wide>
        <Facts
          items={[
            ["Stage", <StageBadge key="s" row={row} />],
            ["Priority", String(row.priority)],
            ["Events", <EventIds key="e" ids={row.events} most={20} />],
            [
              "Task",
              <code key="t" class="wrap">
                {row.task.target}
              </code>,
            ],
            ...(row.group === null ? [] : [["Group", <code key="g">{row.group}</code>] as const]),
            [
              "Changed",
              <span key="c">
                <Time at={row.changedAt} /> by {row.changedBy}, revision {row.revision}
              </span>,
            ],
          ]}
        />
      </Card>
      <Card title="As YAML" wide>
        <details>
          <summary>Show the definition as the handlers file has it</summary>
          <Code text={detail.yaml} label="Definition as YAML" />
        </details>
      </Card>
    </div>
  );
}

function successText(recent: HandlerRow["recent"]): string {
  if (recent === null) return "unknown";
  const all = recent.ok + recent.failed;
  return all === 0 ? "no calls" : percent(recent.ok, all);
}

function latencyText(recent: HandlerRow["recent"]): string {
  if (recent === null) return "unknown";
  return recent.p95Ms === null ? "no calls" : duration(recent.p95Ms);
}

function Figure({ name, value }: { readonly name: string; readonly value: JSX.Element | string }): JSX.Element {
  return (
    <div class="figure-box">
      <span class="figure-name">{name}</span>
      <span class="figure-value">{value}</span>
    </div>
  );
}
