import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Clock } from "../../model/clock.ts";
import type { Role } from "../contract/common.ts";
import { fetchJson, fetchSmall } from "./bounded-fetch.ts";
import type { Recogniser, Recognition } from "./identity.ts";

/** An issuer of access tokens (OpenID Connect) that the API trusts. */
export interface OidcOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Where the roles stand in the token, such as `roles` or `realm_access.roles`. */
  readonly roleClaim: string;
  /** Which of its values make somebody what. */
  readonly roles: Readonly<Record<Role, readonly string[]>>;
  /** What names somebody in the audit log. */
  readonly userClaim: string;
}

/** Signatures by a private key only: with a shared secret everybody who can check a token could make one. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
const clockToleranceS = 30;
/** After a failed look for the issuer's keys, until the next. Milliseconds. */
const lookAgainMs = 5000;

/**
 * By the signature of the issuer, whose keys are found by its discovery document and kept; when a token names a key that
 * is not known they are asked for again, at most every 30 seconds.
 */
export function oidcRecogniser(options: OidcOptions, clock: Clock): Recogniser {
  const keys = issuerKeys(options.issuer, clock);
  return {
    takes: (credential) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential),
    async recognise(credential) {
      try {
        const { payload } = await jwtVerify(credential, await keys(), {
          issuer: options.issuer,
          audience: options.audience,
          algorithms,
          clockTolerance: clockToleranceS,
          requiredClaims: ["exp", "sub"],
          currentDate: new Date(clock.epochMs()),
        });
        return recognised(payload, options);
      } catch (error) {
        return failed(error);
      }
    },
  };
}

function recognised(payload: JWTPayload, options: OidcOptions): Recognition {
  const user = printable(valueAt(payload, options.userClaim)) ?? printable(payload.sub);
  if (user === null) return { kind: "refused", reason: "it names nobody" };
  const role = roleOf(valueAt(payload, options.roleClaim), options.roles);
  if (role === null)
    return { kind: "no-role", user, reason: `its claim ${options.roleClaim} names no role of this API` };
  return { kind: "known", identity: { user, role, by: "oidc", untilMs: (payload.exp ?? 0) * 1000 } };
}

/** Of several the one that may do more. A claim may be one text, words in a text (`scope`), or a list. */
function roleOf(claim: unknown, roles: OidcOptions["roles"]): Role | null {
  const has = new Set(Array.isArray(claim) ? (claim as unknown[]) : typeof claim === "string" ? claim.split(" ") : []);
  if (roles.operator.some((name) => has.has(name))) return "operator";
  return roles.viewer.some((name) => has.has(name)) ? "viewer" : null;
}

/** A claim of that very name (they may hold dots, being URLs), else along the dots. */
function valueAt(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path];
  return path
    .split(".")
    .reduce<unknown>(
      (node, step) =>
        typeof node === "object" && node !== null && Object.hasOwn(node, step)
          ? (node as Record<string, unknown>)[step]
          : undefined,
      payload,
    );
}

function printable(claim: unknown): string | null {
  if (typeof claim !== "string" || claim.trim() === "") return null;
  return claim.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "").slice(0, 200);
}

function failed(error: unknown): Recognition {
  // Whatever is wrong with the token itself has one of these names; all else is that the keys cannot be had.
  if (error instanceof errors.JWKSTimeout) return { kind: "away", reason: "the issuer's keys did not come in time" };
  if (error instanceof errors.JOSEError && error.code !== "ERR_JOSE_GENERIC")
    return { kind: "refused", reason: error.code };
  return { kind: "away", reason: error instanceof Error ? error.message : String(error) };
}

/** The issuer's keys, looked for at the first token and again after a failure; one look at a time. */
function issuerKeys(issuer: string, clock: Clock): () => Promise<JWTVerifyGetKey> {
  let looking: Promise<JWTVerifyGetKey> | null = null;
  let notBeforeMs = -Infinity;
  return () => {
    if (looking !== null) return looking;
    if (clock.monotonicMs() < notBeforeMs) return Promise.reject(new Error("the issuer could not be asked just now"));
    looking = discover(issuer).catch((error: unknown) => {
      looking = null;
      notBeforeMs = clock.monotonicMs() + lookAgainMs;
      throw error;
    });
    return looking;
  };
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const document = await fetchJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  const { issuer: says, jwks_uri: address } = document as { issuer?: unknown; jwks_uri?: unknown };
  // Else another issuer's keys could be made to count as this one's.
  if (says !== issuer) throw new Error("the issuer's discovery document is of another issuer");
  if (typeof address !== "string" || !URL.canParse(address))
    throw new Error("the issuer's discovery document has no jwks_uri");
  const url = new URL(address);
  if (url.protocol !== "https:" && new URL(issuer).protocol === "https:")
    throw new Error("the issuer's keys are not under https");
  return createRemoteJWKSet(url, { timeoutDuration: 5000, cooldownDuration: 30_000, [customFetch]: fetchSmall });
}
