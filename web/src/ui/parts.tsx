import type { ComponentChildren, JSX } from "preact";
import type { ApiError } from "../api/client.ts";
import { localTime, utcTime } from "../text/times.ts";
import { Icon, type IconName } from "./icon.tsx";

export type Tone = "ok" | "warn" | "bad" | "info" | "quiet";

/** A word with a sign and a colour: the colour alone never says it. */
export function Badge({
  tone,
  icon,
  children,
  title,
}: {
  readonly tone: Tone;
  readonly icon?: IconName;
  readonly children: ComponentChildren;
  readonly title?: string;
}): JSX.Element {
  return (
    <span class={`badge ${tone}`} {...(title === undefined ? {} : { title })}>
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </span>
  );
}

/** In the viewer's zone; UTC in the title. */
export function Time({ at }: { readonly at: string }): JSX.Element {
  const date = new Date(at);
  return (
    <time dateTime={at} title={utcTime(date)} class="time">
      {localTime(date)}
    </time>
  );
}

/** Nothing to show, and what to do about it. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** What went wrong, in the API's words, and what can be done here. */
export function ErrorBox({ error, retry }: { readonly error: ApiError; readonly retry?: () => void }): JSX.Element {
  return (
    <div class="note bad" role="alert">
      <Icon name="warn" />
      <div>
        <strong>{error.problem.title}</strong> <span>{error.message}</span> <code class="quiet">{error.code}</code>
        {(error.problem.problems ?? []).map((problem) => (
          <p key={`${problem.path ?? ""}${problem.message}`}>
            {problem.path !== null && <code>{problem.path}</code>} {problem.message} {problem.hint}
          </p>
        ))}
        {retry !== undefined && (
          <p>
            <button type="button" class="small" onClick={retry}>
              Try again
            </button>
          </p>
        )}
      </div>
    </div>
  );
}

export function Note({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class={`note ${tone}`}>
      <Icon name={tone === "ok" ? "ok" : tone === "info" || tone === "quiet" ? "dot" : "warn"} />
      <div>{children}</div>
    </div>
  );
}

export function Loading({ what }: { readonly what: string }): JSX.Element {
  return (
    <p class="loading" role="status">
      Reading {what} …
    </p>
  );
}

/** A page's head: what it is, what can be done. The heading takes the focus when the page is opened. */
export function PageHead({
  title,
  lead,
  children,
}: {
  readonly title: ComponentChildren;
  readonly lead?: ComponentChildren;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <header class="page-head">
      <div>
        <h1 tabIndex={-1}>{title}</h1>
        {lead !== undefined && <p class="lead">{lead}</p>}
      </div>
      {children !== undefined && <div class="actions">{children}</div>}
    </header>
  );
}

export function Card({
  title,
  aside,
  children,
  wide = false,
}: {
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly wide?: boolean;
}): JSX.Element {
  return (
    <section class={wide ? "card wide" : "card"}>
      <div class="card-head">
        <h2>{title}</h2>
        {aside !== undefined && <div class="card-aside">{aside}</div>}
      </div>
      {children}
    </section>
  );
}
