/**
 * What one call of a handler sent and what came back, for the execution log. Secrets are masked before it leaves tasks/,
 * and both texts are bounded; `cut` says that there was more.
 */
export interface Exchange {
  /** Null: bodies are not kept. */
  readonly sent: string | null;
  readonly sentCut: boolean;
  /** Null: nothing came back, or bodies are not kept. */
  readonly answered: string | null;
  readonly answeredCut: boolean;
  /** HTTP status or exit code; null: neither. */
  readonly status: number | null;
}
