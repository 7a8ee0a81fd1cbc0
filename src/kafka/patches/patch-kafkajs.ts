import { letJoinsWait } from "./before-join.ts";
import { fetchFast } from "./fast-fetch.ts";
import { writeProduceFast } from "./fast-produce.ts";
import { letFetchesVary } from "./fetch-wait.ts";
import { mendIdleTimer } from "./idle-timer.ts";
import { mendRecordHeaders } from "./record-headers.ts";
import { shareRequestTimer } from "./request-timeouts.ts";
import { stopHeartbeatsWithRunner } from "./stopped-heartbeat.ts";

const patches = [
  mendIdleTimer,
  mendRecordHeaders,
  shareRequestTimer,
  writeProduceFast,
  fetchFast,
  letJoinsWait,
  letFetchesVary,
  stopHeartbeatsWithRunner,
];

/** All that is changed of kafkajs, for the whole process. Idempotent. Throws BridgeError INTERNAL when it is not the kafkajs that was read. */
export function patchKafkajs(): void {
  for (const patch of patches) patch();
}
