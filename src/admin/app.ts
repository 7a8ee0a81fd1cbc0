import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { messageOf } from "../errors.ts";
import type { Logger } from "../model/logger.ts";
import { type AdminApp, isWrite } from "./admin-app.ts";
import { allowedMethods } from "./allowed-methods.ts";
import { AuditHook } from "./audit-hook.ts";
import type { Gate } from "./guard/gate.ts";
import { securityHeaders } from "./guard/security-headers.ts";
import { parseJsonBody } from "./json-body.ts";
import type { LiveStreams } from "./live/streams.ts";
import { describeApi } from "./openapi.ts";
import type { AdminPorts } from "./ports.ts";
import { problemOf, Refusal } from "./problem.ts";
import { routes } from "./routes/routes.ts";
import { servePages } from "./static-pages.ts";
import { compileValidator } from "./validation.ts";

export interface AppOptions {
  readonly ports: AdminPorts;
  readonly gate: Gate;
  readonly logger: Logger;
  readonly streams: LiveStreams;
  /** Folder of the built web interface. */
  readonly pages: string;
  readonly about: { readonly version: string; readonly instance: string };
}

const bodyLimit = 262_144;

/** The API, not listening yet: guards, routes, and the one form of every error. */
export async function createApp({ ports, gate, logger, streams, pages, about }: AppOptions): Promise<AdminApp> {
  const app: AdminApp = fastify({
    logger: false,
    bodyLimit,
    handlerTimeout: 20_000,
    // Longest for a whole request to arrive; who sends slower is cut off within a second after it.
    requestTimeout: 15_000,
    keepAliveTimeout: 10_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 1000, maxHeaderSize: 16_384 },
    requestIdHeader: false,
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error, request, reply) =>
      void sendProblem(request, reply.headers(securityHeaders), error, logger),
    clientErrorHandler: (error, socket) => {
      if (!socket.writable) return;
      const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
      socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, text, done) => {
    try {
      done(null, parseJsonBody(text as string));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
  app.decorateRequest("identity", null);
  app.decorateRequest("problemCode", null);

  app.addHook("onRequest", async (request, reply) => {
    reply.headers(securityHeaders);
    gate.checkHost(request);
    if (isOpenToAll(request)) return;
    request.identity = await gate.identify(request);
    if (isWrite(request)) gate.checkMayWrite(request.identity);
  });
  const audit = new AuditHook(ports.audit);
  app.addHook("onSend", async (request, reply) => audit.ended(request, reply));
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error, logger));
  app.setNotFoundHandler((request, reply) => {
    if (fallback !== null && isPage(request)) return fallback(reply);
    const methods = allowedMethods(app, request.url);
    if (methods.length === 0)
      throw new Refusal("NOT_FOUND", "nothing is served at this address; /openapi.json lists what is");
    reply.header("allow", methods.join(", "));
    throw new Refusal("METHOD_NOT_ALLOWED", `this address takes ${methods.join(", ")}`);
  });

  await describeApi(app, about.version);
  const fallback = await servePages(app, pages);
  for (const register of routes(streams)) register(app, { ports, gate, about });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  return app;
}

/** What needs no token: the pages, the API's document, and addresses where nothing is. */
const openRoutes: ReadonlySet<string> = new Set(["/", "/*", "/openapi.json"]);

/**
 * By the route that was found: the router also finds one under %61pi and http://host/api, where the text begins otherwise.
 * What is not known to be open is not.
 */
function isOpenToAll({ routeOptions, url }: FastifyRequest): boolean {
  return !isApi(url) && (routeOptions.url === undefined || openRoutes.has(routeOptions.url));
}

export function isApi(url: string): boolean {
  return /^\/api(?:[/?]|$)/.test(url);
}

/** An address the interface made up itself, asked for by a browser that was reloaded there. */
function isPage({ method, url, headers }: FastifyRequest): boolean {
  const [path = ""] = url.split("?", 1);
  // Ids have dots: /events/clients.update is a page. Files lie at the top or in assets/.
  const isFile = /^\/[^/]+\.[a-z0-9]+$/i.test(path) || path.startsWith("/assets/");
  return method === "GET" && !isApi(url) && !isFile && headers.accept?.includes("text/html") === true;
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown, logger: Logger): FastifyReply {
  const problem = problemOf(error);
  request.problemCode = problem.code;
  if (problem.status >= 500 && problem.code === "INTERNAL") {
    const stack = error instanceof Error ? error.stack : undefined;
    logger.error({ route: request.routeOptions.url, error: messageOf(error), stack }, "the admin API met a defect");
  }
  if (problem.status === 401) reply.header("www-authenticate", 'Bearer realm="provisioning bridge"');
  if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
  // By hand: a route's own schemas are for its own answers.
  return reply
    .code(problem.status)
    .type("application/problem+json")
    .serializer((data: unknown) => JSON.stringify(data))
    .send(problem);
}
