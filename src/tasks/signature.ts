import { Webhook } from "standardwebhooks";
import type { Secrets } from "./secrets.ts";

export type Signing =
  /** `hidden`: what nobody is to see, also where a handler repeats it. */
  | { readonly kind: "signed"; readonly signature: string; readonly hidden: readonly string[] }
  | { readonly kind: "no-secret"; readonly detail: string };

/** Signs deliveries as Standard Webhooks prescribes: `v1,<base64 of HMAC-SHA256(id.timestamp.body)>`. */
export class Signer {
  readonly #secrets: Secrets;
  readonly #webhooks = new Map<string, { readonly value: string; readonly webhook: Webhook }>();

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /**
   * One signature for each secret, separated by spaces, so that a receiver can change its secret without a gap.
   * Fails as a whole when one of them cannot be read: a delivery that should be signed never goes out unsigned.
   */
  async sign(refs: readonly string[], id: string, timestampMs: number, body: string): Promise<Signing> {
    const signatures: string[] = [];
    const values: string[] = [];
    for (const ref of refs) {
      const reading = await this.#secrets.read(ref);
      if (reading.kind === "missing") return { kind: "no-secret", detail: reading.detail };
      values.push(reading.value, reading.value.replace(/^whsec_/, ""));
      signatures.push(this.#webhook(ref, reading.value).sign(id, new Date(timestampMs), body));
    }
    // A signature proves who sent a body: whoever sees it could send that again.
    const hidden = [...signatures, ...signatures.map((one) => one.replace(/^v1,/, "")), ...values];
    return { kind: "signed", signature: signatures.join(" "), hidden };
  }

  #webhook(ref: string, value: string): Webhook {
    const known = this.#webhooks.get(ref);
    if (known?.value === value) return known.webhook;
    const webhook = webhookOf(value);
    this.#webhooks.set(ref, { value, webhook });
    return webhook;
  }
}

/** The secret is base64, with or without `whsec_`, as the standard's libraries read it; any other text is the key itself. */
function webhookOf(secret: string): Webhook {
  try {
    return new Webhook(secret);
  } catch {
    return new Webhook(Buffer.from(secret, "utf8"), { format: "raw" });
  }
}
