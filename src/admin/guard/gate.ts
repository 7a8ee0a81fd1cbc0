import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Clock } from "../../model/clock.ts";
import type { Identity, Recogniser } from "../identity/identity.ts";
import { Refusal } from "../problem.ts";
import { isAllowedHost } from "./hosts.ts";
import { LoginLimit } from "./login-limit.ts";
import { isCrossSite } from "./same-site.ts";

export interface GateOptions {
  readonly hosts: ReadonlySet<string>;
  /** None: nobody is asked who it is, and everybody is a viewer, or with `insecure` an operator. */
  readonly recognisers: readonly Recogniser[];
  readonly insecure: boolean;
  readonly clock: Clock;
  /** Told why somebody was not let in; for the log. */
  readonly onRefused: (address: string, reason: string) => void;
}

export const noAuthentication =
  "no authentication is set up here: everything can be seen and nothing changed (ADMIN_TOKENS_FILE or ADMIN_OIDC_ISSUER change that)";

/** What stands before every route: under which name it was asked, who asks, and whether that one may. */
export class Gate {
  readonly #options: GateOptions;
  readonly #limit: LoginLimit;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#limit = new LoginLimit(options.clock);
  }

  /** Why nothing can be changed by anybody; null: it can. */
  get readOnly(): string | null {
    const { recognisers, insecure } = this.#options;
    return recognisers.length === 0 && !insecure ? noAuthentication : null;
  }

  /** Throws Refusal. For everything, pages included. */
  checkHost({ headers, method, raw }: FastifyRequest): void {
    // Of two names Node takes the first and a proxy before it perhaps the other.
    const names = raw.rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === "host").length;
    if (names > 1 || !isAllowedHost(headers.host, this.#options.hosts)) {
      throw new Refusal(
        "WRONG_HOST",
        "the interface is not served under this name: ADMIN_HOSTS must list it (a guard against DNS rebinding)",
      );
    }
    if (method !== "GET" && method !== "HEAD" && isCrossSite(headers)) {
      throw new Refusal("CROSS_SITE", "a page of another site asked for this; only the interface's own pages may");
    }
  }

  /** Who asks. Rejects with Refusal. */
  async identify({ headers, ip }: FastifyRequest): Promise<Identity> {
    const { recognisers, insecure } = this.#options;
    if (recognisers.length === 0) {
      return { user: null, role: insecure ? "operator" : "viewer", by: "none", untilMs: null };
    }
    const credential = /^Bearer +([\x21-\x7e]{1,12000})$/i.exec(headers.authorization ?? "")?.[1];
    if (credential === undefined) throw new Refusal("UNAUTHENTICATED", "send a token: Authorization: Bearer ...");
    const digest = createHash("sha256").update(credential).digest("base64");
    const waitMs = this.#limit.waitMs(ip, digest);
    if (waitMs > 0) {
      const retryAfterSeconds = Math.ceil(waitMs / 1000);
      throw new Refusal("TOO_MANY_FAILURES", `too many tokens were wrong; try again in ${retryAfterSeconds} s`, {
        retryAfterSeconds,
      });
    }
    const recogniser = recognisers.find((one) => one.takes(credential));
    const end = (await recogniser?.recognise(credential)) ?? refusedUnread;
    switch (end.kind) {
      case "known":
        this.#limit.worked(ip, digest);
        return end.identity;
      case "away":
        this.#options.onRefused(ip, end.reason);
        throw new Refusal("NOT_HERE", "the issuer of the token cannot be asked now; try again");
      case "no-role":
        this.#limit.worked(ip, digest);
        this.#options.onRefused(ip, `${end.user}: ${end.reason}`);
        throw new Refusal(
          "FORBIDDEN",
          "it is known who you are, but you have no role here: neither viewer nor operator",
        );
      case "refused":
        this.#limit.failed(ip);
        this.#options.onRefused(ip, end.reason);
        throw new Refusal(
          "UNAUTHENTICATED",
          "the token is not good: it is unknown, has ended, or was made for something else",
        );
    }
  }

  /** Throws Refusal unless this one may change things. */
  checkMayWrite({ role }: Identity): void {
    const { readOnly } = this;
    if (readOnly !== null) throw new Refusal("READ_ONLY", readOnly);
    if (role !== "operator") throw new Refusal("FORBIDDEN", "this needs the role operator; yours is viewer");
  }
}

const refusedUnread = { kind: "refused", reason: "no token of a kind that is taken here" } as const;
