import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { followLive } from "./api/live.ts";
import { sessionState, signIn } from "./api/session.ts";
import { findPage } from "./pages.tsx";
import { place } from "./route.ts";
import { Shell } from "./shell.tsx";
import { SignIn } from "./sign-in.tsx";
import { ErrorBox, Loading } from "./ui/parts.tsx";

export function App(): JSX.Element {
  const state = sessionState.value;
  switch (state.kind) {
    case "loading":
      return <Loading what="the bridge" />;
    case "signed-out":
      return <SignIn refused={state.refused} />;
    case "failed":
      return (
        <main class="lone">
          <h1>The bridge does not answer</h1>
          <ErrorBox error={state.error} retry={() => void signIn()} />
        </main>
      );
    case "in":
      return <Inside />;
  }
}

function Inside(): JSX.Element {
  useEffect(() => {
    const gone = new AbortController();
    void followLive(gone.signal);
    return () => gone.abort();
  }, []);
  const { path } = place.value;
  const page = findPage(path);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${page.title} · Provisioning bridge`;
    // After a link was followed: who hears the page is told where they are, who uses keys starts there.
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  }, [path, page.title]);
  return (
    <Shell section={page.section}>
      <div key={path}>{page.show()}</div>
    </Shell>
  );
}
