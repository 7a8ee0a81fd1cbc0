/** What `explain --json` says, the parts that are shown (src/bridge/explain-event.ts). */
export interface EventExplanation {
  readonly event: string;
  readonly before: {
    readonly mutators: readonly AskedPart[];
    readonly validators: readonly AskedPart[];
    readonly notAsked: readonly { readonly id: string; readonly why: string }[];
    readonly ifAllAllow: Foretold;
    readonly ifDown: readonly (Foretold & { readonly down: string | null; readonly kind: string })[];
  } | null;
  readonly budget: {
    readonly eventId: string;
    readonly fits: boolean;
    readonly sumMs: number;
    readonly shareMs: number;
    readonly fixedMs: number;
    readonly mutators: readonly { readonly id: string; readonly timeoutMs: number }[];
    readonly validators: readonly { readonly id: string; readonly timeoutMs: number }[];
  } | null;
  readonly after: readonly {
    readonly group: string;
    readonly id: string;
    readonly place: number;
    readonly when: string | null;
    readonly told: "yes" | "waits" | "when-false" | "when-error";
  }[];
}

interface AskedPart {
  readonly id: string;
  readonly role: "mutator" | "validator";
  readonly timeoutMs: number;
  readonly when: string | null;
  readonly conditionError: string | null;
}

interface Foretold {
  readonly decision: string;
  readonly decidedBy: string;
  readonly handler: string | null;
  readonly ms: number;
}
