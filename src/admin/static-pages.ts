import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";

/** The pages of the web interface, from the folder they were built into. A page that was not built says so. */
export async function servePages(app: FastifyInstance, folder: string): Promise<PageFallback> {
  if (!existsSync(join(folder, "index.html"))) {
    app.get("/", { schema: { hide: true } }, (_request, reply) =>
      reply.type("text/html; charset=utf-8").send(notBuilt),
    );
    return null;
  }
  await app.register(fastifyStatic, {
    root: folder,
    prefix: "/",
    index: ["index.html"],
    schemaHide: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // The build puts a hash of the content into the names of assets: what has changed has another name.
      const hashed = /[/\\]assets[/\\][^/\\]+$/.test(path);
      void reply.header("cache-control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  return (reply) => reply.header("cache-control", "no-cache").sendFile("index.html", { cacheControl: false });
}

/** The one page for every address the interface makes up itself; null: there is none. */
export type PageFallback = ((reply: FastifyReply) => FastifyReply) | null;

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Provisioning bridge</title>
<h1>The pages of the interface are not here</h1>
<p>The API works: <a href="/openapi.json">openapi.json</a> says what it can do, and docs/admin-api.md how.
<p>To have the pages, run <code>npm run build</code> where this program was installed from its sources.
`;
