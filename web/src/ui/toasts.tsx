import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { ApiError } from "../api/client.ts";
import { Icon } from "./icon.tsx";

/** Short words about what was just done. They stand in a live region; failures stay until they are closed. */
interface Toast {
  readonly id: number;
  readonly tone: "ok" | "bad";
  readonly text: string;
}

const toasts = signal<readonly Toast[]>([]);
let last = 0;

export function say(text: string, tone: Toast["tone"] = "ok"): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-3), { id, tone, text }];
  if (tone === "ok") setTimeout(() => close(id), 5000);
}

export function sayFailed(what: string, error: unknown): void {
  const reason = error instanceof ApiError ? `${error.message} (${error.code})` : String(error);
  say(`${what}: ${reason}`, "bad");
}

function close(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, tone, text }) => (
        <div key={id} class={`toast ${tone}`}>
          <Icon name={tone === "ok" ? "ok" : "warn"} />
          <span>{text}</span>
          <button type="button" class="plain" aria-label="Close this message" onClick={() => close(id)}>
            <Icon name="bad" />
          </button>
        </div>
      ))}
    </div>
  );
}
