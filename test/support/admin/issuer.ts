import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";

/** An OpenID Connect issuer on loopback: a discovery document and keys. */
export interface TestIssuer extends AsyncDisposable {
  readonly url: string;
  /** How often its keys were asked for. */
  asked(): number;
  /** A good token, changed as said. */
  token(changes?: TokenChanges): Promise<string>;
  /** Signed by a key of nobody's, under the id of the issuer's. */
  forged(): Promise<string>;
  /** `alg: none`, and no signature. */
  unsigned(): string;
  /** Signed by HMAC with the issuer's public key as the secret. */
  confused(): Promise<string>;
}

export interface TokenChanges {
  readonly audience?: string;
  readonly issuer?: string;
  /** Seconds from now. */
  readonly expiresIn?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export const audience = "provisioning-bridge";

export async function startIssuer(): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const publicJwk = await exportJWK(publicKey);
  let asked = 0;
  const server = createServer((request, response) => {
    const isKeys = request.url === "/keys";
    if (isKeys) asked++;
    const body = isKeys
      ? { keys: [{ ...publicJwk, kid: "one", alg: "ES256" }] }
      : { issuer: url(), jwks_uri: `${url()}/keys` };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const sign = (key: CryptoKey | Uint8Array, alg: string, changes: TokenChanges = {}): Promise<string> =>
    new SignJWT({ roles: ["provisioning-operator"], ...changes.claims })
      .setProtectedHeader({ alg, kid: "one" })
      .setSubject("u-1")
      .setIssuer(changes.issuer ?? url())
      .setAudience(changes.audience ?? audience)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + (changes.expiresIn ?? 300))
      .sign(key);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return {
    url: url(),
    asked: () => asked,
    token: (changes) => sign(privateKey, "ES256", changes),
    forged: async () => sign((await generateKeyPair("ES256")).privateKey, "ES256"),
    unsigned: () => {
      const payload = {
        iss: url(),
        aud: audience,
        sub: "u-1",
        exp: Math.floor(Date.now() / 1000) + 300,
        roles: ["provisioning-operator"],
      };
      return `${part({ alg: "none" })}.${part(payload)}.`;
    },
    confused: () => sign(new TextEncoder().encode(JSON.stringify(publicJwk)), "HS256"),
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
