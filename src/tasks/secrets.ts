/** Secrets by reference: `env:NAME` or `file:PATH`. The value never stands in an error, a log or a definition. */
import { readFile, stat } from "node:fs/promises";
import { messageOf } from "../errors.ts";

export type SecretReading =
  | { readonly kind: "secret"; readonly value: string }
  | { readonly kind: "missing"; readonly detail: string };

export interface Secrets {
  /** Never rejects. */
  read(ref: string): Promise<SecretReading>;
}

interface FileSecret {
  readonly mtimeMs: number;
  readonly size: number;
  readonly value: string;
}

/** Reads from this process's environment and file system; files are read again when they change. */
export function createSecrets(environment: Readonly<Record<string, string | undefined>> = process.env): Secrets {
  const files = new Map<string, FileSecret>();

  const fromFile = async (path: string): Promise<string> => {
    const { mtimeMs, size } = await stat(path);
    const known = files.get(path);
    if (known?.mtimeMs === mtimeMs && known.size === size) return known.value;
    const value = (await readFile(path, "utf8")).trim();
    files.set(path, { mtimeMs, size, value });
    return value;
  };

  const read = async (ref: string): Promise<SecretReading> => {
    const [, kind, name = ""] = /^(env|file):(.+)$/.exec(ref) ?? [];
    if (kind === undefined) return { kind: "missing", detail: "a secret is named env:NAME or file:PATH" };
    try {
      const value = kind === "env" ? environment[name]?.trim() : await fromFile(name);
      return value === undefined || value === ""
        ? { kind: "missing", detail: `the secret ${ref} is not set` }
        : { kind: "secret", value };
    } catch (thrown) {
      return { kind: "missing", detail: `the secret ${ref} cannot be read: ${messageOf(thrown)}` };
    }
  };

  return { read };
}
