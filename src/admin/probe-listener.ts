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

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const plain = (status: number, body: string): Answer => ({ status, type: "text/plain", body: `${body}\n` });

async function answer(
  options: ProbeListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, type, body } = await answerTo(options, request);
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}

async function answerTo(options: ProbeListenerOptions, { method, url }: IncomingMessage): Promise<Answer> {
  if (method !== "GET" && method !== "HEAD") return plain(405, "only GET");
  switch ((url ?? "/").split("?", 1)[0]) {
    case "/livez":
      return plain(200, "ok");
    case "/readyz":
      return readiness(options.checks);
    case "/metrics":
      return options.metrics().then(
        ({ contentType, text }) => ({ status: 200, type: contentType, body: text }),
        () => plain(500, "metrics are not available"),
      );
    default:
      return plain(404, "known: /livez /readyz /metrics");
  }
}

function readiness(checks: readonly ReadinessCheck[]): Answer {
  const waitingFor = checks.filter((check) => !check.holds()).map((check) => check.name);
  const ready = waitingFor.length === 0;
  return { status: ready ? 200 : 503, type: "application/json", body: `${JSON.stringify({ ready, waitingFor })}\n` };
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
