import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMark } from "./runner/left-behind.ts";

export interface FuzzOptions {
  /** Of the API; its document is `/openapi.json`. */
  readonly url: string;
  readonly token: string;
  /** Operation ids that are left out. */
  readonly without: readonly string[];
  /** Also sends wrong tokens, of which a running interface takes ten a minute. */
  readonly wrongTokens: boolean;
  readonly seconds: number;
}

/**
 * What must hold for whatever is sent: no 5xx, nothing that the document does not say, and what the document forbids is
 * refused.
 */
const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_schema_conformance",
  "negative_data_rejection",
];

/** The same requests each time: a run that fails can be repeated. */
const seed = "20261128";

/** Runs schemathesis, whose executable SCHEMATHESIS names. */
export function fuzz(
  program: string,
  { url, token, without, wrongTokens, seconds }: FuzzOptions,
): Promise<{ code: number | null; text: string }> {
  const folder = mkdtempSync(join(tmpdir(), "schemathesis-"));
  const child = spawn(
    program,
    [
      "run",
      `${url}/openapi.json`,
      ...["--header", `Authorization: Bearer ${token}`],
      ...["--checks", [...checks, ...(wrongTokens ? ["missing_required_header", "ignored_auth"] : [])].join(",")],
      ...["--phases", "examples,coverage,fuzzing"],
      ...["--max-time", String(seconds), "--request-timeout", "25", "--seed", seed, "--warnings", "off"],
      ...without.flatMap((id) => ["--exclude-operation-id", id]),
    ],
    {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, NO_COLOR: "1", [runMark]: process.env[runMark] },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => (text += part));
  const limit = setTimeout(() => child.kill("SIGKILL"), (seconds + 60) * 1000);
  return new Promise((resolve) => {
    child.once("close", (code) => {
      clearTimeout(limit);
      rmSync(folder, { recursive: true, force: true });
      resolve({ code, text });
    });
  });
}
