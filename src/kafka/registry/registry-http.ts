import { messageOf } from "../../errors.ts";
import { systemClock } from "../../model/clock.ts";
import { bounded } from "../../model/deadline.ts";
import type { RegistrySettings } from "../settings.ts";
import { RegistryCallFailed } from "./registry-middleware.ts";

/** No answer, or none that a registry gives: nothing is known; ask again later. */
export interface RegistryAway {
  readonly kind: "away";
  readonly detail: string;
}

export type JsonAnswer = { readonly kind: "ok" } | { readonly kind: "refused"; readonly detail: string } | RegistryAway;

export interface RegistryFetch {
  (method: "GET" | "PUT", path: string, body?: object, timeoutMs?: number): Promise<JsonAnswer>;
  /** Without credentials and without a slash at its end. */
  readonly baseUrl: string;
  readonly login: { readonly username: string; readonly password: string } | null;
}

/** The few requests of Confluent's API that the registry client does not offer. Never rejects. */
export function registryFetch(settings: RegistrySettings): RegistryFetch {
  const url = new URL(settings.url);
  const login = loginOf(settings);
  url.username = "";
  url.password = "";
  const baseUrl = url.href.replace(/\/+$/, "");
  const headers = {
    "content-type": "application/vnd.schemaregistry.v1+json",
    ...(login === null
      ? {}
      : { authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}` }),
  };
  const request = async (
    method: string,
    path: string,
    body?: object,
    timeoutMs: number = settings.timeoutMs,
  ): Promise<JsonAnswer> => {
    try {
      const response = await fetch(baseUrl + path, {
        method,
        headers,
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.ok) return { kind: "ok" };
      return response.status === 409 || response.status === 422
        ? { kind: "refused", detail: text.slice(0, 500) }
        : { kind: "away", detail: detailOf(response.status, text) };
    } catch (error) {
      return { kind: "away", detail: reasonOf(error) };
    }
  };
  return Object.assign(request, { baseUrl, login });
}

function loginOf({ username, password }: RegistrySettings): RegistryFetch["login"] {
  return username === null ? null : { username, password: password ?? "" };
}

function detailOf(status: number, text: string): string {
  if (status === 401 || status === 403) return credentialsRefused(status);
  if (status === 404) return "the address answers, but is not a registry's (status 404)";
  return `status ${status}: ${text.slice(0, 300)}`;
}

export function credentialsRefused(status: number): string {
  return `the registry refused the credentials (${status})`;
}

/** fetch says only "fetch failed"; its cause says why. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return "the registry did not answer in time";
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

/** Ends at `timeoutMs` at the latest: the client's promise never settles when an answer breaks off in its middle. */
export async function answerOf<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  if ((await bounded(promise, timeoutMs, systemClock)) === "done") return promise;
  throw new RegistryCallFailed("the registry did not answer in time", 504);
}
