import type { FastifyInstance, HTTPMethods } from "fastify";

const methods: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "DELETE"];

/** Which methods an address takes; none: nothing is there. The page's catch-all does not count. */
export function allowedMethods(app: FastifyInstance, url: string): readonly string[] {
  // Its type leaves out that there may be none.
  const [path = "/"] = url.split("?", 1);
  return methods.filter((method) => (app.findRoute({ url: path, method }) as object | null) !== null);
}
