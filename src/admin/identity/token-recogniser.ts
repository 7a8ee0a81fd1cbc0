import type { Recogniser } from "./identity.ts";
import { findToken, isToken, type StoredToken } from "./tokens.ts";

/** By the file of tokens as it is now. */
export function tokenRecogniser(stored: () => readonly StoredToken[]): Recogniser {
  return {
    takes: isToken,
    recognise(credential) {
      const found = findToken(credential, stored());
      return Promise.resolve(
        found === null
          ? { kind: "refused", reason: "no such token" }
          : { kind: "known", identity: { user: found.name, role: found.role, by: "token", untilMs: null } },
      );
    },
  };
}
