/**
 * `npm run screenshots`: the pictures of the web interface in docs/images/, from the demo's data. Starts the demo with
 * `--keep` and looks at it in the system's Chromium; or, with an address, at an interface that runs: `npm run screenshots -- http://127.0.0.1:8081`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openBrowser } from "../test/support/browser/browser.ts";

interface Picture {
  readonly name: string;
  readonly path: string;
  /** What stands there once it can be taken. */
  readonly shows: string;
  readonly theme: "light" | "dark";
  readonly width: number;
  readonly height: number;
}

const pictures: readonly Picture[] = [
  { name: "handlers", path: "/handlers", shows: "credit-guard", theme: "light", width: 1200, height: 760 },
  { name: "handler", path: "/handlers/switch", shows: "delivered", theme: "dark", width: 1200, height: 760 },
  { name: "form", path: "/handlers/name-keeper/edit", shows: "of 1100 ms", theme: "light", width: 1200, height: 760 },
  { name: "flow", path: "/flow", shows: "Parked clients", theme: "light", width: 1200, height: 760 },
  { name: "phone", path: "/handlers", shows: "credit-guard", theme: "dark", width: 390, height: 760 },
];

const root = join(import.meta.dirname, "..");
const folder = join(root, "docs/images");
const given = process.argv[2];
const demo = given === undefined ? startDemo() : null;
try {
  await takeAll(given ?? (await demo?.address) ?? "");
} finally {
  demo?.child.kill("SIGINT");
}

function startDemo(): { readonly child: ChildProcess; readonly address: Promise<string> } {
  const child = spawn(process.execPath, ["src/cli/main.ts", "demo", "--keep"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      const found = /The web interface: (\S+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("close", () => reject(new Error("the demo ended before it served the interface")));
  });
  return { child, address };
}

async function takeAll(address: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const browser = await openBrowser();
  try {
    for (const { name, path, shows, theme, width, height } of pictures) {
      const context = await browser.newContext({ baseURL: address, colorScheme: theme, viewport: { width, height } });
      const page = await context.newPage();
      await page.goto(path);
      await page.getByText(shows).first().waitFor();
      await page.getByText("Live", { exact: true }).waitFor();
      await page.screenshot({ path: join(folder, `${name}.png`) });
      await context.close();
      process.stdout.write(`docs/images/${name}.png\n`);
    }
  } finally {
    await browser.close();
  }
}
