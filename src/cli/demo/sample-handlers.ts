import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** HTTP handlers as others would write them, on a free loopback port; for the demo and the tests. */
export interface SampleHandlers {
  readonly url: string;
  /** An address of this machine where nobody listens. */
  readonly deadUrl: string;
  close(): Promise<void>;
}

export interface ReceivedBody {
  readonly event: { readonly dt: string; readonly events_id: string; readonly object_id: number | string | null };
  readonly data: Readonly<Record<string, unknown>>;
}

type Route = (body: ReceivedBody, text: string, request: IncomingMessage) => Reply | Promise<Reply>;

interface Reply {
  readonly status: number;
  readonly text: string;
}

const ok = (answer: object): Reply => ({ status: 200, text: JSON.stringify(answer) });

export async function startSampleHandlers(): Promise<SampleHandlers> {
  const attempts = new Map<string, number>();
  const open = new AbortController();

  const routes: Readonly<Record<string, Route>> = {
    // What the documentation's Flask example does: json.loads, json.dumps, text/html.
    "/echo": (_body, text) => ({ status: 200, text }),
    // The echo form: the body as it came, with edited data.
    "/tidy-name": (body) =>
      ok({ ...body, data: { ...body.data, name: String(body.data["name"]).trim().replaceAll(/\s+/g, " ") } }),
    "/forbid-credit": (body) =>
      ok({
        decision: "forbid",
        reason: {
          code: "credit-limit",
          message: `credit ${String(body.data["credit"])} needs the approval of finance`,
        },
      }),
    "/slow": async () => {
      await pause(2000, open.signal);
      return ok({ decision: "forbid", reason: { code: "late", message: "nobody waited for this" } });
    },
    "/crm": () => ({ status: 200, text: "thanks" }),
    "/busy-once": (_body, _text, request) => {
      const delivery = String(request.headers["webhook-id"]);
      const seen = (attempts.get(delivery) ?? 0) + 1;
      attempts.set(delivery, seen);
      return seen === 1 ? { status: 503, text: "busy, come again" } : { status: 200, text: "provisioned" };
    },
  };

  const server = createServer((request, response) => void serve(routes, request, response));
  const deadUrl = await unusedUrl();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deadUrl,
    close: () => {
      open.abort();
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

async function serve(
  routes: Readonly<Record<string, Route>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const route = routes[request.url ?? ""];
    const reply =
      route === undefined
        ? { status: 404, text: "no such handler" }
        : await route(JSON.parse(text) as ReceivedBody, text, request);
    response.writeHead(reply.status, { "content-type": "text/html" }).end(reply.text);
  } catch {
    response.destroy();
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Binds a free port and gives it back: for a moment nobody else gets it, and nobody listens. */
async function unusedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return `http://127.0.0.1:${port}`;
}
