import type { DecisionRow, ExecutionRow } from "../admin/contract/executions.ts";
import type { ErrorCode } from "../errors.ts";
import type { KafkaSettings, RegistrySettings } from "../kafka/settings.ts";
import type { EntryQuery } from "./entry.ts";

/** What the main thread and the index's thread tell each other. */

/** Given at birth. */
export interface IndexSettings {
  readonly kafka: KafkaSettings;
  readonly registry: RegistrySettings;
  readonly topics: { readonly executions: string; readonly decisions: string };
  /** One file an instance, under the topics' prefix. */
  readonly folder: string;
  readonly prefix: string;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

export type Question =
  | { readonly kind: "executions" | "decisions"; readonly query: EntryQuery }
  | { readonly kind: "execution" | "decision"; readonly id: string }
  | { readonly kind: "recent"; readonly sinceMs: number }
  | { readonly kind: "steps"; readonly handler: string; readonly sinceMs: number; readonly stepMs: number };

export type ToIndex =
  | { readonly kind: "ask"; readonly id: number; readonly question: Question }
  /** Whether anybody listens to what is new. */
  | { readonly kind: "live"; readonly wanted: boolean }
  | { readonly kind: "close" };

export type LiveEntry =
  | { readonly name: "execution"; readonly row: ExecutionRow }
  | { readonly name: "decision"; readonly row: DecisionRow };

export interface IndexState {
  /** `catching-up`: what it shows has gaps at its newest end; `unusable`: it answers nothing. */
  readonly status: "starting" | "catching-up" | "current" | "unusable";
  /** Why it is not current; null: it is, or will be soon. */
  readonly detail: string | null;
  readonly file: string | null;
  readonly bytes: number | null;
  /** Of the oldest execution, milliseconds since 1970. */
  readonly oldestAtMs: number | null;
  /** Records that are not in it yet. */
  readonly behind: number | null;
  /** Records that could not be read, or were gone before they were. */
  readonly unread: number;
}

export type FromIndex =
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "refusal"; readonly id: number; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: "state"; readonly state: IndexState }
  | { readonly kind: "live"; readonly entries: readonly LiveEntry[]; readonly missed: number }
  | {
      readonly kind: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly fields: object;
      readonly message: string;
    };
