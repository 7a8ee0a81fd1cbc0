import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type ScriptPath, ScriptPaths } from "../../../src/tasks/script-path.ts";

const restMs = 50;

let root: string;
let scripts: string;
let outside: string;
let paths: ScriptPaths;

before(async () => {
  root = await mkdtemp(join(tmpdir(), "script-paths-"));
});
after(() => rm(root, { recursive: true }));

beforeEach(async () => {
  scripts = await mkdtemp(join(root, "scripts-"));
  outside = await mkdtemp(join(root, "outside-"));
  paths = new ScriptPaths(scripts, restMs);
  await write(join(scripts, "one.sh"));
  await write(join(outside, "other.sh"));
});

async function write(path: string, text = "#!/bin/sh\n", mode = 0o755): Promise<void> {
  await writeFile(path, text);
  await chmod(path, mode);
}

/** Found when it has rested, so that it is remembered. */
async function remembered(path: string): Promise<ScriptPath> {
  await sleep(2 * restMs);
  return paths.find(path);
}

function detailOf(found: ScriptPath): string {
  return found.kind === "refused" ? found.detail : found.path;
}

test("a script that has not changed is found again, the same", async () => {
  const first = await remembered("one.sh");
  assert.equal(detailOf(first), join(scripts, "one.sh"));
  assert.equal(await paths.find("one.sh"), first);
});

test("whatever changes between two calls is seen by the second", async () => {
  const path = join(scripts, "one.sh");
  const first = await remembered("one.sh");
  await write(path, "#!/bin/sh\nexit 1\n");
  const written = await paths.find("one.sh");
  assert.ok(first.kind === "script" && written.kind === "script" && first.version !== written.version);
  await remembered("one.sh");
  await chmod(path, 0o644);
  assert.match(detailOf(await paths.find("one.sh")), /must be executable|cannot be run/);
  await write(path, "no program");
  assert.match(detailOf(await paths.find("one.sh")), /no #! line/);
  await rm(path);
  assert.match(detailOf(await paths.find("one.sh")), /ENOENT/);
  await write(path);
  assert.equal(detailOf(await paths.find("one.sh")), path);
});

test("a link that is turned out of SCRIPTS_DIR is refused at the next call, also where a folder of the path is one", async () => {
  await symlink(join(scripts, "one.sh"), join(scripts, "link.sh"));
  assert.equal(detailOf(await remembered("link.sh")), join(scripts, "one.sh"));
  await symlink(join(outside, "other.sh"), join(scripts, "next"));
  await rename(join(scripts, "next"), join(scripts, "link.sh"));
  assert.match(detailOf(await paths.find("link.sh")), /not inside SCRIPTS_DIR/);

  await mkdir(join(scripts, "inner"));
  await write(join(scripts, "inner", "other.sh"));
  await symlink(join(scripts, "inner"), join(scripts, "folder"));
  assert.equal(detailOf(await remembered("folder/other.sh")), join(scripts, "inner", "other.sh"));
  await symlink(outside, join(scripts, "next"));
  await rename(join(scripts, "next"), join(scripts, "folder"));
  assert.match(detailOf(await paths.find("folder/other.sh")), /not inside SCRIPTS_DIR/);
});

test("a script that is moved out of SCRIPTS_DIR and linked to is refused", async () => {
  assert.equal((await remembered("one.sh")).kind, "script");
  await rename(join(scripts, "one.sh"), join(outside, "one.sh"));
  await symlink(join(outside, "one.sh"), join(scripts, "one.sh"));
  assert.match(detailOf(await paths.find("one.sh")), /not inside SCRIPTS_DIR/);
});

test("nothing is found without a folder for scripts, nor above it", async () => {
  assert.match(detailOf(await new ScriptPaths(null).find("one.sh")), /SCRIPTS_DIR/);
  assert.match(detailOf(await paths.find("../one.sh")), /not inside SCRIPTS_DIR|ENOENT/);
});
