import type { Logger } from "../model/logger.ts";
import { responseText } from "./response-text.ts";

export interface StandardError {
  readonly handler: string;
  /** The delivery it was written for, where that is known. */
  readonly delivery: string | undefined;
  /** As much as is kept of it. */
  readonly bytes: Buffer;
}

/** Logs what a script wrote to standard error, at most `limit` bytes of it, secrets masked; nothing where it wrote nothing. */
export function logStandardError(
  logger: Logger,
  { bytes, delivery, handler }: StandardError,
  limit: number,
  secrets: readonly string[],
): void {
  if (bytes.length === 0) return;
  const stderr = responseText(bytes, limit, secrets, bytes.length < limit);
  logger.warn({ handler, delivery, stderr }, "the script wrote to standard error");
}
