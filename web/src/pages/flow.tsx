import type { JSX } from "preact";
import { useResource } from "../api/resource.ts";
import type { Flow } from "../api/types.ts";
import { ValueBar } from "../charts/outcome-bar.tsx";
import { count } from "../text/numbers.ts";
import { Card, ErrorBox, Loading, PageHead } from "../ui/parts.tsx";
import { Table } from "../ui/table.tsx";
import { FlowMap } from "./flow/flow-map.tsx";
import { Groups } from "./flow/groups.tsx";
import { Instances } from "./flow/instances.tsx";

export function FlowPage(): JSX.Element {
  const flow = useResource<Flow>("/api/flow", { on: ["handlers"], everyMs: 3000 });
  return (
    <>
      <PageHead
        title="Flow"
        lead="The path of an event: topics, groups, what waits where, and which instance holds it."
      />
      {flow.error !== null && <ErrorBox error={flow.error} retry={flow.reload} />}
      {flow.data === null && flow.error === null && <Loading what="topics and groups" />}
      {flow.data !== null && (
        <div class="cards">
          <Card title="Path" wide>
            <FlowMap flow={flow.data} />
          </Card>
          <Groups flow={flow.data} onDone={flow.reload} />
          <Instances flow={flow.data} />
          <Topics flow={flow.data} />
        </div>
      )}
    </>
  );
}

function Topics({ flow }: { readonly flow: Flow }): JSX.Element {
  const most = Math.max(...flow.topics.map(({ records }) => records), 1);
  return (
    <Card title="Topics" wide>
      <Table
        label="Topics"
        rows={flow.topics}
        id={({ topic }) => topic}
        columns={[
          { name: "Topic", head: true, cell: ({ topic }) => <code>{topic}</code> },
          { name: "What it holds", cell: ({ role }) => role },
          { name: "Partitions", number: true, cell: ({ partitions }) => partitions },
          {
            name: "Records, at most",
            cell: ({ records }) => <ValueBar value={records} top={most} text={count(records)} />,
          },
          {
            name: "A second",
            number: true,
            cell: ({ perSecond }) =>
              perSecond === null ? "–" : perSecond === 0 ? "0" : perSecond.toFixed(perSecond < 10 ? 1 : 0),
          },
        ]}
      />
    </Card>
  );
}
