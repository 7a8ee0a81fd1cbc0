import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import test, { after, before, describe } from "node:test";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import type { arePartsCached } from "../../src/dev-stack/parts.ts";
import { partsFolder } from "../../src/dev-stack/parts.ts";
import { eventCatalogue } from "../../src/model/event-catalogue.ts";
import { type InstalledPackage, installPackage, run } from "../support/installed-package.ts";

const root = join(import.meta.dirname, "../..");

/** Whoever adds or removes a name here changes what others build on: CHANGELOG.md has to say so. */
const values = [
  ...["BridgeError", "PermanentFailure", "createBillingClient", "createSubscriber"],
  ...["errorCodes", "eventCatalogue", "findEventType"],
];
const types = [
  ...["Action", "Entity", "ErrorCode", "EventType"],
  ...["BillingClient", "BillingClientCounts", "BillingClientOptions", "BillingEvent", "PublishedEvent"],
  ...["ClientEvent", "ClientEventKind"],
  ...["Change", "Decider", "HandlerOutcome", "OnSilence", "Reason", "RequestOptions", "RequestVerdict"],
  ...["DeliveredEvent", "Delivery", "EventPattern", "EventsOf", "HandlingOptions", "IterableSubscriber"],
  ...["OpenDelivery", "RetryPolicy", "Subscriber", "SubscriberCounts", "SubscriberOptions"],
  ...["KafkaSettings", "Logger", "RegistrySettings", "SaslSettings", "TlsSettings"],
  ...["Decimal", "EventDataById", "EventId", "Long", "SubscriptionFee", "SubscriptionPeriod"],
  ...["ClientsCreate", "ClientsUpdate", "ClientsDelete", "ClientsArchive", "ClientsCustomFieldsUpdate"],
  ...["ClientsAccountsCreate", "ClientsAccountsUpdate", "ClientsAccountsDelete"],
  ...["ClientsPackagesAssign", "ClientsPackagesActivate", "ClientsPackagesDeactivate"],
  ...["ClientsPackagesRenew", "ClientsPackagesClose", "ClientsBalanceNotzero", "ClientsBalanceZero"],
  ...["EmailRatesManagerImport", "ImportdProcessSuccess", "ImportdProcessFailed"],
];

test("the public surface is this list, name by name", () => {
  const exported = exportsOf("src/index.ts");
  assert.deepEqual([...exported].sort(), [...values, ...types].sort());
});

test("every type that is generated from the schemas is public", () => {
  const generated = exportsOf("src/sdk/generated/events.ts");
  assert.ok(generated.length >= eventCatalogue.length);
  for (const name of generated) assert.ok(types.includes(name), name);
});

describe("the package, as npm installs it", () => {
  let installed: InstalledPackage;
  let cli: (...args: string[]) => ReturnType<typeof run>;

  before(async () => {
    installed = await installPackage();
    cli = (...args) =>
      run(process.execPath, [join(installed.folder, "dist/cli/main.js"), ...args], {
        cwd: installed.project,
        env: { PATH: process.env["PATH"], HOME: process.env["HOME"], EGRESS_ALLOW: "10.0.0.0/8", SCRIPTS_DIR: "." },
      });
  });
  after(() => installed.remove());

  test("holds what it needs to run, and nothing of how it is made", () => {
    const expected = [
      "dist/index.js",
      "dist/index.d.ts",
      "dist/cli/main.js",
      "dist/dev-stack/watchdog.js",
      "dev-stack/pom.xml",
      "docker-compose.yml",
      "config/demo/handlers.yaml",
      "config/demo/scripts/balance.sh",
      "docs/asyncapi.yaml",
      "schemas/verdicts/Verdict.avsc",
      ...eventCatalogue.map(({ entity, record }) => `schemas/${entity}/${record}.avsc`),
    ];
    for (const file of expected) assert.ok(installed.files.includes(file), `${file} is missing`);
    const folders = new Set(installed.files.filter((file) => file.includes("/")).map((file) => file.split("/")[0]));
    assert.deepEqual([...folders].sort(), ["config", "dev-stack", "dist", "docs", "schemas"]);
  });

  test("points to no file outside of itself, and holds nothing that a source no longer makes", () => {
    const built = installed.files.filter((file) => file.startsWith("dist/"));
    const pages = built.filter((file) => file.startsWith("dist/web/"));
    for (const file of built) {
      if (pages.includes(file)) continue;
      const source = file.replace(/^dist\//, "src/").replace(/(\.d)?\.[jt]s$/, ".ts");
      assert.ok(existsSync(join(root, source)), `${file} comes of no source`);
      assert.doesNotMatch(readFileSync(join(installed.folder, file), "utf8"), /^\/\/# sourceMappingURL/m, file);
    }
    assert.ok(built.length > 100);
    // Bundles have no source of the same name: each is named by the page or by another one.
    assert.ok(pages.includes("dist/web/index.html"));
    const texts = pages.map((file) => ({ file, text: readFileSync(join(installed.folder, file), "utf8") }));
    for (const bundle of pages.filter((file) => file.startsWith("dist/web/assets/")))
      assert.ok(
        texts.some(({ file, text }) => file !== bundle && text.includes(basename(bundle))),
        `${bundle} is of an older build`,
      );
  });

  test("can be imported by its name, with the values of the list", async () => {
    const script = 'console.log(JSON.stringify(Object.keys(await import("provisioning-bridge"))))';
    const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", script], {
      cwd: installed.project,
    });
    assert.deepEqual((JSON.parse(stdout || `"${stderr}"`) as string[]).sort(), values);
  });

  test("has types that a strict project compiles with, without leaving out libraries", async () => {
    const source = `
import { createBillingClient, type BillingEvent, type RequestVerdict, type ClientsUpdate } from "provisioning-bridge";
const event: BillingEvent<"clients.update"> = { id: "clients.update", data: { id: 12, credit: "500" } };
export async function ask(): Promise<RequestVerdict<ClientsUpdate>> {
  const client = await createBillingClient({
    kafka: { brokers: ["localhost:9092"] },
    registry: { url: "http://localhost:8081" },
    source: "/core",
    onSilence: "forbid",
  });
  return client.request(event, { deadlineMs: 800 });
}
// @ts-expect-error a decimal is never a float
export const wrong: BillingEvent<"clients.update"> = { id: "clients.update", data: { id: 12, credit: 500 } };
`;
    writeFileSync(join(installed.project, "core.mts"), source);
    const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2024", "--types", "node"];
    const roots = ["--typeRoots", join(root, "node_modules/@types")];
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { code, stdout } = await run(process.execPath, [tsc, ...options, ...roots, "core.mts"], {
      cwd: installed.project,
    });
    assert.equal(code, 0, stdout);
  });

  test("explains its command line", async () => {
    const { code, stdout } = await cli("--help");
    assert.equal(code, 0);
    for (const command of ["serve", "demo", "dev-stack", "setup", "check", "publish", "request"]) {
      assert.match(stdout, new RegExp(`^ {2}${command} `, "m"));
    }
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    assert.equal((await cli("--version")).stdout.trim(), version);
    const { code: refused, stderr } = await cli("setup");
    assert.equal(refused, 78);
    assert.match(stderr, /`provisioning-bridge dev-stack start`/, "and its hints name it as it was installed");
  });

  test("checks the handlers file that comes with it", async () => {
    const { code, stdout, stderr } = await cli("check", join(installed.folder, "config/handlers.example.yaml"));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /no problems/);
  });

  test("knows of no stack by a name nobody used, and where the parts of one belong", async () => {
    const { code, stdout, stderr } = await cli("dev-stack", "status", "--json", "--name", "never-started");
    assert.equal(code, 1, stderr);
    assert.deepEqual(JSON.parse(stdout), { name: "never-started", state: "stopped" });

    const built = (await import(pathToFileURL(join(installed.folder, "dist/dev-stack/parts.js")).href)) as {
      partsFolder: typeof partsFolder;
      arePartsCached: typeof arePartsCached;
    };
    assert.equal(built.partsFolder(process.env), partsFolder(process.env));
    assert.equal(built.arePartsCached(process.env), existsSync(partsFolder(process.env)));
  });
});

/** The names a file exports, each explicitly: `export *` would let anything slip out. */
function exportsOf(path: string): readonly string[] {
  const file = ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest);
  return file.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) {
      const clause = statement.exportClause;
      assert.ok(clause !== undefined && ts.isNamedExports(clause), `${path} exports everything of a file`);
      return clause.elements.map(({ name }) => name.text);
    }
    const declares = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
    const isExported = declares && statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    return isExported === true ? [statement.name.text] : [];
  });
}
