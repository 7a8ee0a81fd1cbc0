import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BridgeError, messageOf } from "../errors.ts";
import { schemaSql, schemaVersion } from "./schema.ts";

/** Instances on one machine that may share a folder; each holds one file. */
const slots = 16;

const codes = { busy: [5, 6], corrupt: [11, 26] } as const;

/** Whether the file itself is broken, so that it must be made anew. */
export function isCorrupt(error: unknown): boolean {
  return isOne(error, codes.corrupt) || (error instanceof Error && /malformed|not a database/.test(error.message));
}

function isOne(error: unknown, which: readonly number[]): boolean {
  // The low byte is SQLite's primary result code.
  const code = (error as { readonly errcode?: unknown } | null)?.errcode;
  return typeof code === "number" && which.includes(code & 0xff);
}

export interface OpenedFile {
  readonly file: string;
  readonly database: DatabaseSync;
  /** Nothing of what it held, if anything, could be used. */
  readonly isNew: boolean;
}

/**
 * Opens the first file of the folder that no other instance holds, for this prefix alone: the lock ends with the process,
 * however that ends. What cannot be read, or is of another version, is made anew. Throws BridgeError INDEX_UNAVAILABLE.
 */
export function openIndexFile(folder: string, prefix: string): OpenedFile {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let slot = 0; slot < slots; slot++) {
      const opened = openSlot(join(folder, `${prefix}-${slot}.sqlite`));
      if (opened !== null) return opened;
    }
  } catch (error) {
    throw unavailable(folder, error);
  }
  throw new BridgeError(
    "INDEX_UNAVAILABLE",
    `${slots} other instances hold every index in ${folder}: set EXECUTION_INDEX_DIR`,
  );
}

/** Null: another instance holds it. */
function openSlot(file: string): OpenedFile | null {
  try {
    const database = open(file);
    if (versionOf(database) === schemaVersion) return { file, database, isNew: false };
    database.close();
  } catch (error) {
    if (isOne(error, codes.busy)) return null;
    if (!isCorrupt(error)) throw error;
  }
  removeIndexFile(file);
  const database = open(file);
  try {
    database.exec(`BEGIN; ${schemaSql}; PRAGMA user_version = ${schemaVersion}; COMMIT`);
  } catch (error) {
    database.close();
    throw error;
  }
  return { file, database, isNew: true };
}

/** Throws with `busy` when another connection has it. */
function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Exclusive: held until closed. A commit survives the process; the last ones may be lost with the machine, and come again.
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    database.exec(
      "PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 33554432; PRAGMA temp_store = MEMORY",
    );
    database.exec("BEGIN IMMEDIATE; COMMIT");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function versionOf(database: DatabaseSync): number {
  return (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
}

export function removeIndexFile(file: string): void {
  for (const part of ["", "-wal", "-shm", "-journal"]) rmSync(file + part, { force: true });
}

export function unavailable(where: string, error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  const detail = `the index in ${where} cannot be used: ${messageOf(error)}`;
  return new BridgeError("INDEX_UNAVAILABLE", detail, { cause: error });
}
