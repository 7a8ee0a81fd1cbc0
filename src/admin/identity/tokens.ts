import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Role } from "../contract/common.ts";

/**
 * Bearer tokens of people and programs. A token is 256 random bits, made by this program and by nobody else, so what is
 * kept is its plain SHA-256: a slow hash protects what people make up, and would only let anybody spend this process's
 * time with one request. What does not look like such a token is not even looked up.
 */
export interface StoredToken {
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token, 32 bytes. */
  readonly sha256: Buffer;
}

/** The prefix lets scanners find a token that was left somewhere. */
const tokenPattern = /^pbt_[A-Za-z0-9_-]{43}$/;

export function makeToken(): string {
  return `pbt_${randomBytes(32).toString("base64url")}`;
}

export function isToken(text: string): boolean {
  return tokenPattern.test(text);
}

/** `sha256:` and 64 hexadecimal digits, as the file of tokens holds it. */
export function tokenHash(token: string): string {
  return `sha256:${createHash("sha256").update(token).digest("hex")}`;
}

/** Whose token this is. Compares with every one of them in constant time. */
export function findToken(token: string, stored: readonly StoredToken[]): StoredToken | null {
  if (!isToken(token)) return null;
  const digest = createHash("sha256").update(token).digest();
  let found: StoredToken | null = null;
  for (const one of stored) if (timingSafeEqual(one.sha256, digest)) found = one;
  return found;
}
