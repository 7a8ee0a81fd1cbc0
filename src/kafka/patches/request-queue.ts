import { kafkajsModule } from "./patch.ts";

/** What is used of kafkajs's RequestQueue: the requests of one connection. */
export interface RequestQueue {
  readonly pending: { readonly length: number };
  /** Milliseconds since 1970; in the past or -1 when the broker does not throttle. */
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  readonly enforceRequestTimeout: boolean;
  readonly inflight: ReadonlyMap<number, RequestOut>;
  checkPendingRequests(): void;
  isConnected(): boolean;
}

interface RequestOut {
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  readonly requestTimeout: number;
  timeoutRequest(): void;
}

type Schedule = (this: RequestQueue) => void;

/** The class, for the patches and their tests. */
export function requestQueueClass(): {
  readonly prototype: Record<"scheduleCheckPendingRequests" | "scheduleRequestTimeoutCheck", Schedule>;
} {
  return kafkajsModule("network/requestQueue/index") as ReturnType<typeof requestQueueClass>;
}
