import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ask, part } from "../../api/client.ts";
import { useResource } from "../../api/resource.ts";
import type { HandlerList, HandlerRow, Status } from "../../api/types.ts";
import { go } from "../../route.ts";
import { Confirm } from "../../ui/dialog.tsx";
import { say, sayFailed } from "../../ui/toasts.tsx";
import { setStatus } from "../status-switch.tsx";
import { Enable } from "./enable.tsx";

type Asking = "enable" | "disable" | "archive" | "delete" | null;

/** Enable, disable, archive, delete: each says first what it means for the events that wait. */
export function StatusActions({ row, onDone }: { readonly row: HandlerRow; readonly onDone: () => void }): JSX.Element {
  const [asking, setAsking] = useState<Asking>(null);
  const close = (): void => setAsking(null);
  const set = async (status: Status, from: "left-off" | "now" = "left-off"): Promise<void> => {
    try {
      await setStatus(row, { status, ...(from === "now" ? { from } : {}) });
      say(`${row.id} is ${status}${from === "now" ? ", from now on" : ""}`);
    } catch (error) {
      sayFailed(`${row.id} stays ${row.status}`, error);
    }
    close();
    onDone();
  };
  const remove = async (): Promise<void> => {
    try {
      await ask(`/api/handlers/${part(row.id)}`, { method: "DELETE", headers: { "if-match": `"${row.revision}"` } });
      say(`${row.id} is deleted; its history stays`);
      go("/handlers");
    } catch (error) {
      sayFailed(`${row.id} is not deleted`, error);
      close();
    }
  };
  return (
    <>
      {row.status === "enabled" ? (
        <button type="button" onClick={() => setAsking("disable")}>
          Disable …
        </button>
      ) : (
        <button type="button" onClick={() => setAsking("enable")}>
          Enable …
        </button>
      )}
      {row.status === "archived" ? (
        <button type="button" onClick={() => setAsking("delete")}>
          Delete …
        </button>
      ) : (
        <button type="button" onClick={() => setAsking("archive")}>
          Archive …
        </button>
      )}
      {asking === "disable" && (
        <Confirm title={`Disable ${row.id}?`} action="Disable" onConfirm={() => set("disabled")} onClose={close}>
          <WhatWaits row={row} />
        </Confirm>
      )}
      {asking === "enable" && <Enable row={row} onEnable={(from) => set("enabled", from)} onClose={close} />}
      {asking === "archive" && (
        <Confirm title={`Archive ${row.id}?`} action="Archive" onConfirm={() => set("archived")} onClose={close}>
          <p>
            It is no longer called and leaves the list. Its definition, history and calls stay.{" "}
            {row.stage === "after" && "What waits for it is given up."}
          </p>
        </Confirm>
      )}
      {asking === "delete" && (
        <Confirm title={`Delete ${row.id}?`} action="Delete" danger onConfirm={remove} onClose={close}>
          <p>Its definition leaves the registry. The history keeps every version, so that it can be brought back.</p>
        </Confirm>
      )}
    </>
  );
}

/** Who else is held up: handlers of one group run in order, and nothing overtakes what a disabled one has still to get. */
function WhatWaits({ row }: { readonly row: HandlerRow }): JSX.Element {
  const list = useResource<HandlerList>(row.stage === "after" ? "/api/handlers?status=all" : null);
  if (row.stage === "before")
    return <p>It is no longer asked; what it would have forbidden or changed passes as it is.</p>;
  const others = (list.data?.items ?? []).filter(
    ({ id, group, status }) => group === row.group && id !== row.id && status !== "archived",
  );
  return (
    <>
      <p>No attempt is spent: its events wait in Kafka, in order, as long as they are kept.</p>
      {others.length > 0 && (
        <p>
          <strong>Its group waits with it:</strong> events that concern it hold up{" "}
          {others.map(({ id }) => id).join(", ")} for the same clients.
        </p>
      )}
    </>
  );
}
