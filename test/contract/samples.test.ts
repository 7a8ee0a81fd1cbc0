import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { codeBlocksOf } from "../support/code-blocks.ts";

const root = join(import.meta.dirname, "../..");

/** What a billing core, or a CRM, has around the samples. */
const surroundings: Readonly<Record<string, string>> = {
  "docs/billing-core.md": `
import { randomUUID } from "node:crypto";
import type { BillingClient } from "provisioning-bridge";
interface Transaction {
  one(sql: string, values: readonly unknown[]): Promise<{ readonly version: number }>;
  run(sql: string, values: readonly unknown[]): Promise<{ readonly count: number }>;
}
declare const db: { transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> };
declare const billing: BillingClient;
declare const log: { error(fields: object, message: string): void };
`,
  "docs/subscriber.md": `
import type { DeliveredEvent, Long } from "provisioning-bridge";
declare const crm: {
  hasDone(deliveryId: string): Promise<boolean>;
  create(deliveryId: string, name: string, signal: AbortSignal): Promise<void>;
  rename(deliveryId: string, id: Long, name: string, signal: AbortSignal): Promise<void>;
  warn(deliveryId: string, client: Long, balance: string, signal: AbortSignal): Promise<void>;
  knows(client: Long | null | undefined): boolean;
  mirror(event: DeliveredEvent, signal: AbortSignal): Promise<boolean>;
};
`,
  "README.md": "",
};

const wrong = 'import { createBillingClient } from "provisioning-bridge";\nawait createBillingClient({ nope: 1 });\n';
const files = new Map([[fileOf("wrong", 0), wrong]]);
for (const [path, around] of Object.entries(surroundings)) {
  for (const [at, sample] of codeBlocksOf(path, "ts").entries())
    files.set(fileOf(path, at), `${around}${sample}\nexport {};\n`);
}
// One program for all of them: most of its time goes into the libraries.
const problems = problemsOf(files);

for (const path of Object.keys(surroundings)) {
  test(`the TypeScript of ${path} compiles against this package, strictly`, () => {
    assert.ok(files.has(fileOf(path, 0)), "it holds samples");
    assert.deepEqual(
      problems.filter(({ file }) => file.startsWith(fileOf(path, ""))).map(({ text }) => text),
      [],
    );
  });
}

test("a sample that is wrong is found", () => {
  assert.match(
    problems
      .filter(({ file }) => file === fileOf("wrong", 0))
      .map(({ text }) => text)
      .join("\n"),
    /nope/,
  );
});

function fileOf(path: string, at: number | ""): string {
  return join(root, `sample-${path.replaceAll("/", "-")}-${at}${at === "" ? "" : ".mts"}`);
}

/** Compiles files that exist in memory only; "provisioning-bridge" is src/index.ts. */
function problemsOf(files: ReadonlyMap<string, string>): readonly { readonly file: string; readonly text: string }[] {
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    {
      ...{ strict: true, noEmit: true, module: "nodenext", target: "es2024", lib: ["es2024", "esnext.disposable"] },
      ...{ types: ["node"], skipLibCheck: true, allowImportingTsExtensions: true },
      paths: { "provisioning-bridge": ["./src/index.ts"] },
    },
    root,
  );
  assert.deepEqual(errors, []);
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (name) => files.has(name) || disk.fileExists(name),
    readFile: (name) => files.get(name) ?? disk.readFile(name),
    getSourceFile: (name, ...rest) => {
      const text = files.get(name);
      return text === undefined
        ? disk.getSourceFile(name, ...rest)
        : ts.createSourceFile(name, text, ts.ScriptTarget.ES2024);
    },
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).flatMap(({ messageText, file, start = 0 }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, "\n");
    if (file === undefined) throw new Error(text);
    if (!files.has(file.fileName)) return [];
    return [{ file: file.fileName, text: `line ${file.getLineAndCharacterOfPosition(start).line + 1}: ${text}` }];
  });
}
