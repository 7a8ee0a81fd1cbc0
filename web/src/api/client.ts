import { keepToken, token } from "./token.ts";
import type { ProblemDetails } from "./types.ts";

/** Why a request did not do what it was to do: the API's own words where it had some. */
export class ApiError extends Error {
  readonly problem: ProblemDetails;

  constructor(problem: ProblemDetails) {
    super(problem.detail);
    this.name = "ApiError";
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }
}

export interface Ask {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** How long to wait at most. */
  readonly withinMs?: number;
}

const signedOut = new Set<() => void>();

/** Called when the API wants a token, or another one. */
export function onSignedOut(listener: () => void): void {
  signedOut.add(listener);
}

/** One request; throws ApiError, also when nobody answers. */
export async function ask<T>(path: string, options: Ask = {}): Promise<T> {
  const response = await send(path, options);
  // A body that breaks off, or that nobody waits for any more, is no answer; of an error the status says enough.
  const text = await response.text().catch((error: unknown) => {
    if (!response.ok) return "";
    throw options.signal?.aborted === true ? error : new ApiError(unreachable(false));
  });
  if (!response.ok) {
    if (response.status === 401) {
      keepToken(null);
      for (const listener of signedOut) listener();
    }
    throw new ApiError(problemOf(response.status, text));
  }
  return (text === "" ? null : JSON.parse(text)) as T;
}

async function send(
  path: string,
  { method = "GET", body, headers, signal, withinMs = 20_000 }: Ask,
): Promise<Response> {
  const deadline = AbortSignal.timeout(withinMs);
  try {
    return await fetch(path, {
      method,
      headers: {
        accept: "application/json",
        ...authorization(),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      cache: "no-store",
      credentials: "omit",
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError(unreachable(deadline.aborted));
  }
}

export function authorization(): Readonly<Record<string, string>> {
  const held = token();
  return held === null ? {} : { authorization: `Bearer ${held}` };
}

function unreachable(late: boolean): ProblemDetails {
  const detail = late
    ? "The bridge did not answer in time. It may be busy, or cut off from Kafka."
    : "The bridge cannot be reached. Is it running, and is this the right address?";
  return { type: "about:blank", title: "No answer", status: 0, code: late ? "TIMED_OUT" : "UNREACHABLE", detail };
}

function problemOf(status: number, text: string): ProblemDetails {
  try {
    const found = JSON.parse(text) as Partial<ProblemDetails>;
    if (typeof found.detail === "string" && typeof found.code === "string") return found as ProblemDetails;
  } catch {
    // Not the API's own answer: a proxy between, perhaps.
  }
  return {
    type: "about:blank",
    title: "Error",
    status,
    code: `HTTP_${status}`,
    detail: `The answer was HTTP ${status}.`,
  };
}

/** `withQuery("/api/x", { a: "1", b: "" })` is `/api/x?a=1`. */
export function withQuery(path: string, query: Readonly<Record<string, string | number | null | undefined>>): string {
  const parts = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return parts.length === 0
    ? path
    : `${path}?${new URLSearchParams(parts.map(([name, value]) => [name, String(value)])).toString()}`;
}

/** A part of a path. */
export const part = encodeURIComponent;
