import type { Recogniser } from "../../admin/identity/identity.ts";
import { oidcRecogniser } from "../../admin/identity/oidc.ts";
import { tokenRecogniser } from "../../admin/identity/token-recogniser.ts";
import type { Settings } from "../../config/settings.ts";
import type { Clock } from "../../model/clock.ts";
import type { Logger } from "../../model/logger.ts";
import { TokensFile } from "./tokens-file.ts";

/** Who is let in, by the settings; none: nobody is asked. Throws SETTINGS_INVALID for a file of tokens that cannot be used. */
export function createRecognisers(
  { admin }: Pick<Settings, "admin">,
  clock: Clock,
  logger: Logger,
): { readonly recognisers: readonly Recogniser[]; close(): void } {
  const file = admin.tokensFile === null ? null : new TokensFile(admin.tokensFile, clock, logger);
  const { oidcIssuer: issuer, oidcAudience: audience, oidcRoleClaim: roleClaim, oidcUserClaim: userClaim } = admin;
  const roles = { operator: admin.oidcOperators, viewer: admin.oidcViewers };
  return {
    recognisers: [
      ...(file === null ? [] : [tokenRecogniser(() => file.tokens)]),
      // Settings that name an issuer name an audience too.
      ...(issuer === null || audience === null
        ? []
        : [oidcRecogniser({ issuer, audience, roleClaim, roles, userClaim }, clock)]),
    ],
    close: () => file?.close(),
  };
}
