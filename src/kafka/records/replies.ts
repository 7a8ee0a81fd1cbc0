import type { Replier } from "../../before/ports.ts";
import { BridgeError } from "../../errors.ts";
import type { OutboundRecord } from "../../model/record.ts";
import type { RecordProducer } from "../produce/producer.ts";
import { parseReplyHeaders, type ReplyHeaders, replyHeaders } from "./headers.ts";
import type { VerdictWriter } from "./verdict-codec.ts";

export interface ReplierOptions {
  readonly producer: Pick<RecordProducer, "send">;
  /** The only topics a request may name for its verdict: its headers are not a licence to write anywhere. */
  readonly allowedTopics: readonly string[];
  /** False also when it is not known yet: then the key chooses. */
  readonly hasPartition: (topic: string, partition: number) => boolean;
  readonly encode: VerdictWriter["encode"];
}

/**
 * Writes verdicts to where requests say, by Spring Kafka's names. The key is the operation id; a partition that is
 * absent or does not exist leaves the choice to the key, because a record for it would vanish without an error.
 * `send` rejects as RecordProducer.send does, and with USAGE for a record that `refusal` refuses.
 */
export function createReplier({ producer, allowedTopics, hasPartition, encode }: ReplierOptions): Replier {
  const allowed = new Set(allowedTopics);
  return {
    refusal(record) {
      const target = targetOf(parseReplyHeaders(record.headers), allowed);
      return target.kind === "target" ? null : target.why;
    },
    async send(record, verdict, encodedData) {
      const headers = parseReplyHeaders(record.headers);
      const target = targetOf(headers, allowed);
      if (target.kind === "none") throw new BridgeError("USAGE", `no reply can be sent: ${target.why}`);
      const { replyPartition } = headers;
      const exists = replyPartition !== undefined && hasPartition(target.topic, replyPartition);
      const reply: OutboundRecord = {
        topic: target.topic,
        ...(exists ? { partition: replyPartition } : {}),
        key: verdict.operationId,
        value: encode(verdict, encodedData),
        headers: replyHeaders(target.correlationId),
      };
      await producer.send(reply);
      return exists ? "by-request" : "by-key";
    },
  };
}

type Target =
  | { readonly kind: "target"; readonly topic: string; readonly correlationId: Buffer }
  | { readonly kind: "none"; readonly why: string };

function targetOf({ replyTopic, correlationId }: ReplyHeaders, allowed: ReadonlySet<string>): Target {
  if (replyTopic === undefined) return { kind: "none", why: "no header kafka_replyTopic" };
  if (!allowed.has(replyTopic)) {
    return { kind: "none", why: `the reply topic ${JSON.stringify(replyTopic.slice(0, 100))} is not in REPLY_TOPICS` };
  }
  if (correlationId === undefined || correlationId.length === 0) {
    return { kind: "none", why: "no header kafka_correlationId" };
  }
  return { kind: "target", topic: replyTopic, correlationId };
}
