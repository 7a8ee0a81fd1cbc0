import type { JSX } from "preact";
import { part } from "../../api/client.ts";
import { useResource } from "../../api/resource.ts";
import { mayWriteHandlers } from "../../api/session.ts";
import type { HandlerHistory } from "../../api/types.ts";
import { Empty, ErrorBox, Loading, Note } from "../../ui/parts.tsx";
import { TabLinks } from "../../ui/tabs.tsx";
import { CallList } from "../executions.tsx";
import { History } from "./history.tsx";

const tabs = [
  { id: "history", name: "History" },
  { id: "calls", name: "Calls" },
] as const;

/** An id that no handler has: a deleted one shows what is kept of it, any other was never there. */
export function NoHandler({
  id,
  tab,
  onBack,
}: {
  readonly id: string;
  readonly tab: string | null;
  readonly onBack: () => void;
}): JSX.Element {
  const history = useResource<HandlerHistory>(`/api/handlers/${part(id)}/history`, { on: ["handlers"] });
  if (history.data !== null) {
    return (
      <>
        <Note tone="warn">
          <strong>It was deleted.</strong> Its history and its calls are kept
          {mayWriteHandlers() ? "; rolling back to a version brings it back." : "."}
        </Note>
        <TabLinks label="Handler" tabs={tabs} current={tab ?? "history"} />
        {tab === "calls" ? (
          <CallList query={{ handler: id }} ofHandler />
        ) : (
          <History id={id} row={null} onDone={onBack} />
        )}
      </>
    );
  }
  if (history.error === null) return <Loading what="its history" />;
  // 404: there never was one; 400: no handler can have such an id.
  if (history.error.problem.status !== 404 && history.error.problem.status !== 400)
    return <ErrorBox error={history.error} retry={history.reload} />;
  return (
    <Empty title="There is no such handler, and never was">
      <p>
        No handler has the id <code>{id}</code>. <a href="/handlers">All handlers</a>
      </p>
      {mayWriteHandlers() && (
        <p>
          <a class="button primary" href="/handlers/_new">
            Create a handler
          </a>
        </p>
      )}
    </Empty>
  );
}
