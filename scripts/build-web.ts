/**
 * `node scripts/build-web.ts`: builds the pages (web/) into dist/web, where the admin listener looks for them. Does nothing
 * when they are newer than their sources, so that `npm run demo` and `npm start` can always ask for it.
 */
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../src/errors.ts";

const root = join(import.meta.dirname, "..");
const built = statSync(join(root, "dist/web/index.html"), { throwIfNoEntry: false });
const sources = ["web/**/*.*", "src/admin/contract/*.ts", "package-lock.json"].flatMap((glob) =>
  globSync(glob, { cwd: root }),
);
const newest = Math.max(...sources.map((file) => statSync(join(root, file)).mtimeMs));

if (built === undefined || built.mtimeMs < newest) {
  try {
    const { build } = await import("vite");
    await build({ configFile: join(root, "web/vite.config.ts") });
  } catch (error) {
    // The bridge itself needs no pages: it runs without them, and says so when somebody asks for one.
    process.stderr.write(`the web interface is not built: ${messageOf(error)}\n`);
    process.exitCode = process.env["npm_lifecycle_event"] === "build" ? 1 : 0;
  }
}
