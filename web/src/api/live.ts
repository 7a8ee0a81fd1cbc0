import { signal } from "@preact/signals";
import { authorization } from "./client.ts";
import type { LiveEvents } from "./types.ts";

/** Live updates: server-sent events read by fetch, because EventSource cannot send the token. */

export type LiveState = "connecting" | "live" | "lost";
export const liveState = signal<LiveState>("connecting");

type Name = keyof LiveEvents;
type Listener = (data: never) => void;
const listeners = new Map<Name, Set<Listener>>();

/** Hears one kind of event until the returned function is called. */
export function hear<N extends Name>(name: N, listener: (data: LiveEvents[N]) => void): () => void {
  const ofName = listeners.get(name) ?? new Set();
  listeners.set(name, ofName);
  ofName.add(listener);
  return () => void ofName.delete(listener);
}

function tell(name: string, text: string): void {
  for (const listener of listeners.get(name as Name) ?? []) listener(JSON.parse(text) as never);
}

/** Longer than the comments that keep the stream open are apart. */
const silenceMs = 40_000;
const waitsMs = [500, 1000, 2000, 5000, 10_000];

/** Follows until the signal aborts; after a loss it comes back, and says `missed` so that lists are read again. */
export async function followLive(until: AbortSignal): Promise<void> {
  let losses = 0;
  while (!until.aborted) {
    // A browser has six connections for all tabs of an address: tabs that nobody sees must not hold them.
    await visible(until);
    const hidden = new AbortController();
    const hide = (): void => {
      if (document.hidden) hidden.abort();
    };
    document.addEventListener("visibilitychange", hide);
    const connected = await readStream(AbortSignal.any([until, hidden.signal]), () => {
      if (losses > 0) tell("missed", '{"count":0}');
      liveState.value = "live";
    }).catch(() => hidden.signal.aborted);
    document.removeEventListener("visibilitychange", hide);
    losses = connected ? 1 : losses + 1;
    // The API ends each stream after a while: one that can be opened again at once was not lost.
    liveState.value = losses > 2 ? "lost" : "connecting";
    if (!hidden.signal.aborted) await pause(waitsMs[Math.min(losses, waitsMs.length) - 1] ?? 0, until);
  }
}

/** Resolves once the page is seen. */
function visible(until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden && !until.aborted) return;
      document.removeEventListener("visibilitychange", look);
      until.removeEventListener("abort", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    until.addEventListener("abort", look);
    look();
  });
}

async function readStream(until: AbortSignal, opened: () => void): Promise<boolean> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    const response = await fetch("/api/live", {
      headers: { accept: "text/event-stream", ...authorization() },
      signal: AbortSignal.any([until, silence.signal]),
      cache: "no-store",
      credentials: "omit",
    });
    if (!response.ok || response.body === null) return false;
    opened();
    let rest = "";
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
      rest = takeEvents(rest + value);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Tells every whole event; gives back what is not whole yet. */
function takeEvents(text: string): string {
  const blocks = text.replaceAll("\r\n", "\n").split("\n\n");
  const rest = blocks.pop() ?? "";
  for (const block of blocks) {
    let name = "message";
    const data: string[] = [];
    for (const line of block.split("\n")) {
      if (line.startsWith("event:")) name = line.slice(6).trim();
      else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
    }
    if (data.length > 0) tell(name, data.join("\n"));
  }
  return rest;
}

function pause(ms: number, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      until.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    until.addEventListener("abort", end);
  });
}
