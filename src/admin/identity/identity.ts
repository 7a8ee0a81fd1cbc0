import type { Role } from "../contract/common.ts";

/** Who asks. */
export interface Identity {
  /** Null: nobody was asked who it is. */
  readonly user: string | null;
  readonly role: Role;
  readonly by: "none" | "token" | "oidc";
  /** When what proved it ends, milliseconds since 1970 UTC; null: it does not. */
  readonly untilMs: number | null;
}

/** Why somebody is not let in. The reasons are for the log; who asks learns only that it was refused. */
export type Recognition =
  | { readonly kind: "known"; readonly identity: Identity }
  /** The proof is not good. */
  | { readonly kind: "refused"; readonly reason: string }
  /** It is known who this is, but no role goes with it. */
  | { readonly kind: "no-role"; readonly user: string; readonly reason: string }
  /** It cannot be told now, as the issuer is away. */
  | { readonly kind: "away"; readonly reason: string };

/** Tells who a bearer credential belongs to. Never throws, and always ends. */
export interface Recogniser {
  /** Whether this kind of credential is its business. */
  takes(credential: string): boolean;
  recognise(credential: string): Promise<Recognition>;
}
