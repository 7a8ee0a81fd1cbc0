import { signal } from "@preact/signals";
import { ApiError, ask, onSignedOut } from "./client.ts";
import { keepToken } from "./token.ts";
import type { Session } from "./types.ts";

/** Who is here. `signed-out`: a token is asked for. */
export type SessionState =
  | { readonly kind: "loading" }
  | { readonly kind: "in"; readonly session: Session }
  | { readonly kind: "signed-out"; readonly refused: string | null }
  | { readonly kind: "failed"; readonly error: ApiError };

export const sessionState = signal<SessionState>({ kind: "loading" });

onSignedOut(() => {
  if (sessionState.value.kind === "in") {
    sessionState.value = { kind: "signed-out", refused: "Your token is no longer accepted. Enter it again." };
  }
});

/** Asks who we are, with a token that was typed or the one held. */
export async function signIn(typed?: string): Promise<void> {
  if (typed !== undefined) keepToken(typed);
  try {
    sessionState.value = { kind: "in", session: await ask<Session>("/api/session") };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const wanted = error.problem.status === 401 || error.code === "TOO_MANY_FAILURES";
    sessionState.value = wanted
      ? { kind: "signed-out", refused: typed === undefined ? null : error.message }
      : { kind: "failed", error };
  }
}

export function signOut(): void {
  keepToken(null);
  sessionState.value = { kind: "signed-out", refused: null };
}

/** Whether handlers can be changed here: not where a file is their only source. */
export function mayWriteHandlers(): boolean {
  const state = sessionState.value;
  return mayWrite() && state.kind === "in" && state.session.handlersReadOnly === null;
}

/** Whether this user can change anything here. */
export function mayWrite(): boolean {
  const state = sessionState.value;
  return state.kind === "in" && state.session.role === "operator" && state.session.readOnly === null;
}
