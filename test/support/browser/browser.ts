import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Chromium of the system; `.ci/run` installs it where it is missing. */
const places = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export async function openBrowser(): Promise<Browser> {
  const executablePath = places.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) {
    throw new Error(`no Chromium at ${places.slice(1).join(", ")}: apt-get install chromium, or set CHROMIUM`);
  }
  return chromium.launch({
    executablePath,
    args: [
      // Tests often run as root, where Chromium has no sandbox.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** How long a busy machine may take to show what was asked for. */
const patienceMs = 30_000;

export interface View {
  readonly theme?: "light" | "dark";
  readonly width?: number;
  readonly token?: string;
}

/** A page that is watched: whatever its console, its policy or its network complains of is kept. */
export class WatchedPage implements AsyncDisposable {
  readonly page: Page;
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.#context = context;
    this.page = page;
    page.setDefaultTimeout(patienceMs);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.#keep(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.#keep(`error: ${error.message}`));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(origin) && !url.startsWith("data:")) this.#keep(`asked another origin: ${url}`);
    });
  }

  static async open(browser: Browser, origin: string, view: View = {}): Promise<WatchedPage> {
    const context = await browser.newContext({
      baseURL: origin,
      colorScheme: view.theme ?? "light",
      viewport: { width: view.width ?? 1280, height: 900 },
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    if (view.token !== undefined) {
      await page.addInitScript({ content: `sessionStorage.setItem("token", ${JSON.stringify(view.token)})` });
    }
    return new WatchedPage(context, page, origin);
  }

  #keep(complaint: string): void {
    this.complaints.push(`${complaint} (${this.page.url()})`);
  }

  /** The page's errors since the last time this was asked, but for those that were provoked. */
  takeComplaints(provoked?: RegExp): readonly string[] {
    return this.complaints.splice(0).filter((complaint) => provoked?.test(complaint) !== true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}
