import type { JSX } from "preact";
import { diffLines } from "../text/diff.ts";

const signs = { same: " ", gone: "−", new: "+" } as const;
const spoken = { same: "", gone: "removed: ", new: "added: " } as const;

export function Diff({
  before,
  after,
  label,
}: {
  readonly before: string;
  readonly after: string;
  readonly label: string;
}): JSX.Element {
  if (before === after) return <p class="quiet">No difference.</p>;
  return (
    <div class="code diff" tabIndex={0} role="region" aria-label={label}>
      {diffLines(before.trimEnd(), after.trimEnd()).map(({ kind, text }, at) => (
        <div key={at} class={`line ${kind}`}>
          <span aria-hidden="true">{signs[kind]} </span>
          <span class="unseen">{spoken[kind]}</span>
          {text}
        </div>
      ))}
    </div>
  );
}
