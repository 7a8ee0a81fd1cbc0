/**
 * Completes package-lock.json: `node scripts/complete-lockfile.ts`. A registry mirror may lack the builds of a native
 * package for other platforms; npm then leaves them out of the lock file, and `npm ci` refuses such a lock file
 * everywhere. What is added says for which platform it is and in which version, so that it is skipped here and
 * fetched there.
 */
import { readFileSync, writeFileSync } from "node:fs";

export interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The entries that the optional dependencies of others call for and that are not there; by path, sorted. */
export function missingEntries(packages: Readonly<Record<string, LockEntry>>): Readonly<Record<string, LockEntry>> {
  const missing = Object.values(packages).flatMap((owner) =>
    Object.entries(owner.optionalDependencies ?? {})
      .filter(([name]) => packages[`node_modules/${name}`] === undefined)
      // Only exact versions can be entered without asking a registry; native packages name their builds so.
      .filter(([, version]) => /^\d+\.\d+\.\d+$/.test(version))
      .map(([name, version]): [string, LockEntry] => [
        `node_modules/${name}`,
        entryOf(name, version, owner.dev === true),
      ]),
  );
  return Object.fromEntries(missing.sort(([a], [b]) => a.localeCompare(b, "en")));
}

/** As npm would write it, keys in its order; the platform is in the name of a build (`binding-linux-arm-gnueabihf`). */
function entryOf(name: string, version: string, dev: boolean): LockEntry {
  const found =
    /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(\w+))?$/.exec(name);
  if (found === null) throw new Error(`${name}: cannot tell its platform from its name`);
  const [, os = "", cpu = "", abi = ""] = found;
  const libc = abi.startsWith("musl") ? ["musl"] : os === "linux" && abi.startsWith("gnu") ? ["glibc"] : null;
  return {
    version,
    cpu: [cpu],
    ...(dev ? { dev: true } : {}),
    ...(libc === null ? {} : { libc }),
    optional: true,
    os: [os],
  };
}

if (import.meta.main) {
  const file = new URL("../package-lock.json", import.meta.url);
  const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, LockEntry> };
  const missing = missingEntries(lock.packages);
  const entries = Object.entries({ ...lock.packages, ...missing });
  lock.packages = Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b, "en")));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  process.stdout.write(`${Object.keys(missing).length} entries added\n`);
}
