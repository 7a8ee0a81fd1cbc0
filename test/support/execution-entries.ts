/** Executions for tests of their log's index. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Store, type StoreOptions } from "../../src/execution-log/store.ts";
import type { StoredExecution } from "../../src/kafka/records/execution-codec.ts";

export const dayMs = 86_400_000;
export const indexNowMs: number = Date.UTC(2026, 0, 31);

export function storedExecution(id: string, more: Partial<StoredExecution> = {}): StoredExecution {
  return {
    ...{
      id,
      at: new Date(indexNowMs - 1000).toISOString(),
      instanceId: "i",
      stage: "after",
      handler: "crm",
      group: "crm",
    },
    ...{ eventId: "clients.update", objectId: "7", clientKey: "7", operationId: null, deliveryId: "d", attempt: 1 },
    ...{ sequence: "t/0/1", outcome: "delivered", ms: 12, status: 200, detail: null },
    ...{ sent: '{"data":{"name":"Ann"}}', sentCut: false, answered: "ok", answeredCut: false },
    ...{ disposition: "accept", retryInMs: null, delayMs: 20 },
    ...more,
  };
}

/** A folder of its own; `remove` at the end. */
export function indexFolder(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "execution-index-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function openStore(folder: string, more: Partial<StoreOptions> = {}): Store {
  return new Store({ folder, prefix: "p", maxAgeMs: 7 * dayMs, maxBytes: 2 ** 30, nowMs: () => indexNowMs, ...more });
}
