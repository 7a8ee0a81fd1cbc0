import type { FastifyInstance, HTTPMethods } from "fastify";

const methods: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "DELETE"];

/** Which methods an address takes; none: nothing is there. The catch-all of the pages' files does not count. */
export function allowedMethods(app: FastifyInstance, url: string): readonly string[] {
  const [path = "/"] = url.split("?", 1);
  return methods.filter((method) => {
    // Its type leaves out that there may be none.
    const found = app.findRoute({ url: path, method }) as { readonly params: object } | null;
    return found !== null && !("*" in found.params);
  });
}
