import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { BridgeError } from "../errors.ts";

/** A condition that must hold before an instance takes traffic, and what to say while it does not. */
export interface ReadinessCheck {
  readonly name: string;
  /** Whether it holds now, from memory: a probe never waits for the network. */
  readonly holds: () => boolean;
}

export interface ProbeListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly checks: readonly ReadinessCheck[];
  /** Prometheus text. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface ProbeListener {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * `/livez` (this process answers), `/readyz` (every check holds; 503 names those that do not) and `/metrics`.
 * Throws SETTINGS_INVALID when the address cannot be bound.
 */
export async function startProbeListener(options: ProbeListenerOptions): Promise<ProbeListener> {
  const server = createServer(
    { requestTimeout: 5000, headersTimeout: 5000, keepAliveTimeout: 1000 },
    (request, response) => {
      void answer(options, request, response);
    },
  );
  await listen(server, options);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    close: () => closed(server),
  };
}

async function answer(
  options: ProbeListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") return reply(response, 405, "text/plain", "only GET\n");
  switch ((request.url ?? "/").split("?", 1)[0]) {
    case "/livez":
      return reply(response, 200, "text/plain", "ok\n");
    case "/readyz": {
      const missing = options.checks.filter((check) => !check.holds()).map((check) => check.name);
      const body = JSON.stringify({ ready: missing.length === 0, waitingFor: missing });
      return reply(response, missing.length === 0 ? 200 : 503, "application/json", `${body}\n`);
    }
    case "/metrics":
      try {
        const { contentType, text } = await options.metrics();
        return reply(response, 200, contentType, text);
      } catch {
        return reply(response, 500, "text/plain", "metrics are not available\n");
      }
    default:
      return reply(response, 404, "text/plain", "known: /livez /readyz /metrics\n");
  }
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}

function listen(server: Server, { host, port }: ProbeListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const hint =
        error.code === "EADDRINUSE"
          ? "the port is taken: set HTTP_PORT to another, or 0 for any free one"
          : error.message;
      reject(
        new BridgeError("SETTINGS_INVALID", `the probe listener cannot bind ${host}:${port}: ${hint}`, {
          cause: error,
        }),
      );
    });
    server.listen(port, host, () => resolve());
  });
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
