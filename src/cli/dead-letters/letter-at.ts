import { BridgeError } from "../../errors.ts";
import type { LetterPosition } from "../../kafka/records/replays.ts";
import { ownCommand } from "../../model/own-command.ts";
import { type FiledLetter, type OperationParts, positionText, readLetter } from "../../operations/letters.ts";

/** The letter at a position that was named. Throws as `readLetter`, and USAGE when none is there: retention, or a slip. */
export async function letterAt(parts: OperationParts, at: LetterPosition): Promise<FiledLetter> {
  const filed = await readLetter(parts, at);
  if (filed !== null) return filed;
  throw new BridgeError(
    "USAGE",
    `no dead letter stands at ${positionText(at)} (any more): \`${ownCommand} dead-letters list\` shows those that do`,
  );
}
