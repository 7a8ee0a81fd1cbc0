import type { JSX } from "preact";
import { part } from "../api/client.ts";
import { useResource } from "../api/resource.ts";
import type { ExecutionDetail } from "../api/types.ts";
import { pretty } from "../text/json.ts";
import { duration } from "../text/numbers.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorBox, Loading, Time } from "../ui/parts.tsx";
import { Code, Facts } from "../ui/tabs.tsx";
import { OutcomeBadge } from "./handler-words.tsx";

export function ExecutionDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }): JSX.Element {
  const found = useResource<ExecutionDetail>(`/api/executions/${part(id)}`);
  return (
    <Dialog title="Call" onClose={onClose} wide>
      {found.error !== null && <ErrorBox error={found.error} retry={found.reload} />}
      {found.data === null && found.error === null && <Loading what="the call" />}
      {found.data !== null && <Detail detail={found.data} />}
    </Dialog>
  );
}

function Detail({ detail }: { readonly detail: ExecutionDetail }): JSX.Element {
  const { row } = detail;
  return (
    <div class="detail">
      <p class="detail-top">
        <OutcomeBadge outcome={row.outcome} /> <a href={`/handlers/${part(row.handler)}`}>{row.handler}</a> on{" "}
        <code>{row.event ?? "unknown"}</code>, {row.stage} it happened, in <strong>{duration(row.ms)}</strong>
      </p>
      {detail.detail !== null && <p class={row.status === "fail" ? "note bad" : "note info"}>{detail.detail}</p>}
      <Facts
        items={[
          ["When", <Time key="t" at={row.at} />],
          ["Attempt", String(row.attempt)],
          ...(detail.answerCode === null ? [] : [["HTTP status or exit code", String(detail.answerCode)] as const]),
          ...(detail.disposition === null
            ? []
            : [
                [
                  "What followed",
                  `${detail.disposition}${detail.retryInMs === null ? "" : `, in ${duration(detail.retryInMs)}`}`,
                ] as const,
              ]),
          ...(detail.delayMs === null ? [] : [["Since the event", duration(detail.delayMs)] as const]),
          ["Object", row.objectId ?? "none yet"],
          [
            "Client",
            row.client === null ? (
              "none"
            ) : (
              <a key="c" href={`/executions?client=${part(row.client)}`}>
                {row.client}
              </a>
            ),
          ],
          ...(detail.group === null ? [] : [["Group", detail.group] as const]),
          ...(detail.decision === null
            ? []
            : [
                [
                  "Decision",
                  <a key="d" href={`/executions?tab=decisions&open=${part(detail.decision)}`}>
                    see what was decided
                  </a>,
                ] as const,
              ]),
          ...(row.event === null
            ? []
            : [
                [
                  "Test call",
                  <a
                    key="t"
                    href={`/handlers/${part(row.handler)}?tab=test&event=${part(row.event)}&execution=${part(row.id)}`}
                  >
                    call it with this data
                  </a>,
                ] as const,
              ]),
          ["Delivery id", <code key="i">{detail.deliveryId}</code>],
          ["Record", <code key="r">{detail.sequence}</code>],
          ["Instance", <code key="n">{detail.instance}</code>],
        ]}
      />
      <div class="two">
        <Body title="Sent" text={detail.sent} cut={detail.sentCut} none="Nothing was sent." />
        <Body title="Came back" text={detail.answered} cut={detail.answeredCut} none="Nothing came back." />
      </div>
    </div>
  );
}

function Body({
  title,
  text,
  cut,
  none,
}: {
  readonly title: string;
  readonly text: string | null;
  readonly cut: boolean;
  readonly none: string;
}): JSX.Element {
  return (
    <section>
      <h3>
        {title} {cut && <small class="quiet">(cut: the log keeps only its beginning)</small>}
      </h3>
      {text === null || text === "" ? <p class="quiet">{none}</p> : <Code text={pretty(text)} label={title} />}
    </section>
  );
}
