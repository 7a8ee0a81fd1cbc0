import { createHash } from "node:crypto";
import type { Role } from "../../../src/admin/contract/common.ts";
import type { Recogniser } from "../../../src/admin/identity/identity.ts";
import { tokenRecogniser } from "../../../src/admin/identity/token-recogniser.ts";
import { makeToken, type StoredToken } from "../../../src/admin/identity/tokens.ts";
import { type AdminListenerOptions, startAdminListener } from "../../../src/admin/listener.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import { type MemoryPorts, memoryPorts } from "./memory-ports.ts";

/** The admin API on a free port of loopback, over arrays, with a token for each role. */
export interface TestApi extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly ports: MemoryPorts;
  readonly viewer: string;
  readonly operator: string;
  /** With the operator's token unless said otherwise; null: none. */
  ask(path: string, options?: AskOptions): Promise<Answer>;
  close(ms?: number): Promise<void>;
}

export interface AskOptions {
  readonly method?: string;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of JSON; undefined for anything else. */
  readonly json: Readonly<Record<string, unknown>>;
}

export type TestApiOptions = Partial<Omit<AdminListenerOptions, "ports">> & { readonly ports?: MemoryPorts };

export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const ports = options.ports ?? memoryPorts();
  const viewer = makeToken();
  const operator = makeToken();
  const tokens: Recogniser = tokenRecogniser(() => [
    stored("vera", "viewer", viewer),
    stored("olga", "operator", operator),
  ]);
  const listener = await startAdminListener({
    host: "127.0.0.1",
    port: 0,
    hosts: [],
    insecure: false,
    pages: "/nonexistent",
    logger: silentLogger,
    clock: systemClock,
    about: { version: "1.2.3", instance: "test" },
    ...options,
    ports,
    recognisers: options.recognisers === undefined ? [tokens] : [tokens, ...options.recognisers],
    ...(options.insecure === true || options.recognisers?.length === 0 ? { recognisers: [] } : {}),
  });
  const url = `http://127.0.0.1:${listener.port}`;
  return {
    url,
    port: listener.port,
    ports,
    viewer,
    operator,
    ask: async (path, { method = "GET", token = operator, headers = {}, body } = {}) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") === true && text !== "";
      const json = isJson ? (JSON.parse(text) as Answer["json"]) : {};
      return { status: response.status, headers: response.headers, text, json };
    },
    close: (ms = 1000) => listener.close(ms),
    [Symbol.asyncDispose]: () => listener.close(1000),
  };
}

function stored(name: string, role: Role, token: string): StoredToken {
  return { name, role, sha256: createHash("sha256").update(token).digest() };
}
