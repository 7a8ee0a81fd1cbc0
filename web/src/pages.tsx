import type { JSX } from "preact";
import { DeadLetters } from "./pages/dead-letters.tsx";
import { EventPage } from "./pages/event.tsx";
import { Events } from "./pages/events.tsx";
import { Executions } from "./pages/executions.tsx";
import { FlowPage } from "./pages/flow.tsx";
import { HandlerForm } from "./pages/form/handler-form.tsx";
import { HandlerPage } from "./pages/handler.tsx";
import { Handlers } from "./pages/handlers.tsx";
import { Settings } from "./pages/settings.tsx";
import { Empty, PageHead } from "./ui/parts.tsx";

export type Section = "handlers" | "events" | "executions" | "dead-letters" | "flow" | "settings";

export interface Page {
  readonly title: string;
  readonly section: Section | null;
  readonly show: () => JSX.Element;
}

/** What an address shows. */
export function findPage(path: string): Page {
  const [section, id, more] = path.split("/").slice(1).map(decodeURIComponent);
  switch (section) {
    case "":
    case "handlers":
      return handlersPage(id, more);
    case "events":
      return id === undefined || id === ""
        ? { title: "Events", section: "events", show: () => <Events /> }
        : { title: id, section: "events", show: () => <EventPage id={id} /> };
    case "executions":
      return { title: "Execution log", section: "executions", show: () => <Executions /> };
    case "dead-letters":
      return { title: "Dead letters", section: "dead-letters", show: () => <DeadLetters /> };
    case "flow":
      return { title: "Flow", section: "flow", show: () => <FlowPage /> };
    case "settings":
      return { title: "Settings", section: "settings", show: () => <Settings /> };
    default:
      return { title: "Not found", section: null, show: () => <NotFound path={path} /> };
  }
}

function handlersPage(id: string | undefined, more: string | undefined): Page {
  const section = "handlers";
  if (id === undefined || id === "") return { title: "Handlers", section, show: () => <Handlers /> };
  if (id === "_new") return { title: "New handler", section, show: () => <HandlerForm id={null} /> };
  if (more === "edit") return { title: `Edit ${id}`, section, show: () => <HandlerForm id={id} /> };
  return { title: id, section, show: () => <HandlerPage id={id} /> };
}

function NotFound({ path }: { readonly path: string }): JSX.Element {
  return (
    <>
      <PageHead title="There is no such page" />
      <Empty title={path}>
        <p>
          The address may be mistyped. <a href="/handlers">Go to the handlers</a>
        </p>
      </Empty>
    </>
  );
}
