import type { ComponentChildren, JSX } from "preact";
import { liveState } from "./api/live.ts";
import { sessionState, signOut } from "./api/session.ts";
import { Banners } from "./banners.tsx";
import type { Section } from "./pages.tsx";
import { setTheme, theme } from "./theme.ts";
import { Icon, type IconName } from "./ui/icon.tsx";
import { Toasts } from "./ui/toasts.tsx";

const sections: readonly {
  readonly id: Section;
  readonly name: string;
  readonly short: string;
  readonly icon: IconName;
}[] = [
  { id: "handlers", name: "Handlers", short: "Handlers", icon: "handlers" },
  { id: "events", name: "Events", short: "Events", icon: "events" },
  { id: "executions", name: "Execution log", short: "Log", icon: "log" },
  { id: "dead-letters", name: "Dead letters", short: "Letters", icon: "letters" },
  { id: "flow", name: "Flow", short: "Flow", icon: "flow" },
  { id: "settings", name: "Settings", short: "Settings", icon: "settings" },
];

export function Shell({
  section,
  children,
}: {
  readonly section: Section | null;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/handlers">
          <svg viewBox="0 0 32 32" aria-hidden="true" class="mark">
            <path d="M4 20c4 0 5-9 12-9s8 9 12 9M8 20v5M16 11v14M24 20v5" />
          </svg>
          <span>
            Provisioning <span class="brand-more">bridge</span>
          </span>
        </a>
        <LiveSign />
        <Who />
        <ThemeSwitch />
      </header>
      <nav class="side" aria-label="Sections">
        {sections.map(({ id, name, short, icon }) => (
          <a key={id} href={`/${id}`} {...(id === section ? { "aria-current": "page" as const } : {})}>
            <Icon name={icon} />
            <span class="long">{name}</span>
            <span class="short" aria-hidden="true">
              {short}
            </span>
          </a>
        ))}
      </nav>
      <main id="main" tabIndex={-1}>
        <Banners />
        {children}
      </main>
      <Toasts />
    </div>
  );
}

const liveWords = {
  connecting: ["quiet", "Connecting"],
  live: ["ok", "Live"],
  lost: ["warn", "Not live"],
} as const;

function LiveSign(): JSX.Element {
  const [tone, word] = liveWords[liveState.value];
  return (
    <span class={`live ${tone}`} role="status" title="Whether this page hears of changes as they happen">
      <span class="lamp" aria-hidden="true" />
      {word}
    </span>
  );
}

function Who(): JSX.Element | null {
  const state = sessionState.value;
  if (state.kind !== "in") return null;
  const { user, role, authentication, instance } = state.session;
  return (
    <span class="who" title={`Served by instance ${instance}`}>
      {user === null ? <span class="nobody">nobody signed in</span> : <span class="who-name">{user}</span>}
      <span class="quiet">{role}</span>
      {authentication !== "none" && (
        <button type="button" class="small" onClick={signOut}>
          Sign out
        </button>
      )}
    </span>
  );
}

const next = { auto: "light", light: "dark", dark: "auto" } as const;
const names = { auto: "auto, as the system", light: "light", dark: "dark" } as const;

function ThemeSwitch(): JSX.Element {
  const now = theme.value;
  return (
    <button
      type="button"
      class="plain theme"
      aria-label={`Theme: ${names[now]}. Switch to ${names[next[now]]}`}
      title={`Theme: ${names[now]}`}
      onClick={() => setTheme(next[now])}
    >
      <Icon name={now === "dark" ? "moon" : "sun"} />
      {now === "auto" && <small>auto</small>}
    </button>
  );
}
