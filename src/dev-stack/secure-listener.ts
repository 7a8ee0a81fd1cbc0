import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BridgeError } from "../errors.ts";
import type { SecureListener } from "./broker-properties.ts";
import { lastLines } from "./log-tail.ts";
import { runCommand } from "./run-command.ts";

export interface SecureMaterial {
  readonly caFile: string;
  readonly listener: SecureListener;
}

/**
 * The certificate and the user of a TLS listener, made in `folder` the first time and read from it afterwards.
 * The certificate is self-signed for 127.0.0.1 and localhost and is its own authority.
 * Throws STACK_UNAVAILABLE when `keytool`, which comes with Java, is missing or fails.
 */
export async function secureMaterial(folder: string, java: string, port: number): Promise<SecureMaterial> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const passwordFile = join(folder, "password");
  const caFile = join(folder, "ca.pem");
  const keystore = join(folder, "broker.p12");
  if (!existsSync(passwordFile)) {
    const password = randomBytes(18).toString("base64url");
    await makeCertificate(java, keystore, caFile, password);
    // Last, because its presence says that the rest is there.
    await writeFile(passwordFile, password, { mode: 0o600 });
  }
  const password = await readFile(passwordFile, "utf8");
  return { caFile, listener: { port, keystore, keystorePassword: password, username: "bridge", password } };
}

async function makeCertificate(java: string, keystore: string, caFile: string, password: string): Promise<void> {
  const keytool = java === "java" ? "keytool" : join(dirname(java), "keytool");
  const store = ["-alias", "broker", "-keystore", keystore, "-storetype", "PKCS12", "-storepass:env", "STORE_PASSWORD"];
  const name = ["-dname", "CN=localhost", "-ext", "san=ip:127.0.0.1,dns:localhost", "-ext", "bc:critical=ca:true"];
  const key = ["-keyalg", "EC", "-groupname", "secp256r1", "-validity", "3650"];
  for (const args of [
    ["-genkeypair", ...store, ...name, ...key],
    ["-exportcert", "-rfc", "-file", caFile, ...store],
  ]) {
    const env = { ...process.env, STORE_PASSWORD: password };
    const outcome = await runCommand(keytool, args, { env, timeoutMs: 30_000 });
    if (outcome.kind === "exited" && outcome.code === 0) continue;
    const said = outcome.kind === "not-found" ? "    keytool: command not found" : lastLines(outcome.output, 5);
    throw new BridgeError("STACK_UNAVAILABLE", `Java's keytool could not make a certificate:\n${said}`);
  }
}
