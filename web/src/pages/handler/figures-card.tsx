import type { JSX } from "preact";
import { part } from "../../api/client.ts";
import { useResource } from "../../api/resource.ts";
import type { Figures } from "../../api/types.ts";
import { ValueBar } from "../../charts/outcome-bar.tsx";
import { everyStep } from "../../charts/steps.ts";
import { TimeCharts } from "../../charts/time-charts.tsx";
import { count, duration } from "../../text/numbers.ts";
import { localTime } from "../../text/times.ts";
import { SelectField } from "../../ui/fields.tsx";
import { Card, ErrorBox } from "../../ui/parts.tsx";
import { Table } from "../../ui/table.tsx";
import { toneOf } from "../handler-words.tsx";

const spans = [
  ["15", "15 minutes"],
  ["60", "1 hour"],
  ["360", "6 hours"],
  ["1440", "24 hours"],
] as const;

/** Outcomes and latency over time, drawn; the same as a table for those who cannot see the drawing. */
export function FiguresCard({
  id,
  minutes,
  onMinutes,
}: {
  readonly id: string;
  readonly minutes: string;
  readonly onMinutes: (minutes: string) => void;
}): JSX.Element {
  const figures = useResource<Figures>(`/api/handlers/${part(id)}/figures?minutes=${minutes}`, { everyMs: 5000 });
  const data = figures.data;
  const top = Math.max(...(data?.outcomes ?? []).map((one) => one.count), 1);
  return (
    <Card
      title="Calls and latency"
      wide
      aside={<SelectField label="Last" value={minutes} options={spans} onValue={onMinutes} />}
    >
      {figures.error !== null && <ErrorBox error={figures.error} retry={figures.reload} />}
      {data === null && <div class="charts-room" />}
      {data !== null && (
        <div class="charts-room">
          <TimeCharts steps={everyStep(data, Number(minutes), Date.now())} stepMs={data.stepMs} />
          <div class="outcomes">
            <h3>Outcomes</h3>
            {data.outcomes.length === 0 && <p class="quiet">It was not called in this time.</p>}
            <ul class="plain-list">
              {data.outcomes.map((one) => (
                <li key={one.outcome} class="outcome-row">
                  <a href={`/executions?handler=${part(id)}&outcome=${part(one.outcome)}`}>{one.outcome}</a>
                  <ValueBar
                    value={one.count}
                    top={top}
                    text={count(one.count)}
                    tone={toneOf(one.outcome) === "bad" ? "bad" : "info"}
                  />
                </li>
              ))}
            </ul>
            <details>
              <summary>The same as a table</summary>
              <Table
                label="Calls and latency"
                rows={data.steps.filter(({ ok, failed }) => ok + failed > 0)}
                id={({ at }) => at}
                columns={[
                  { name: "From", head: true, cell: ({ at }) => localTime(new Date(at)) },
                  { name: "Ok", number: true, cell: ({ ok }) => ok },
                  { name: "Failed", number: true, cell: ({ failed }) => failed },
                  { name: "p50", number: true, cell: ({ p50Ms }) => (p50Ms === null ? "" : duration(p50Ms)) },
                  { name: "p95", number: true, cell: ({ p95Ms }) => (p95Ms === null ? "" : duration(p95Ms)) },
                ]}
              />
            </details>
          </div>
        </div>
      )}
    </Card>
  );
}
