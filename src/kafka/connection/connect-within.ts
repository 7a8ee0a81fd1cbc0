import { systemClock } from "../../model/clock.ts";
import { bounded, within } from "../../model/deadline.ts";
import { noBrokerAnswers } from "./broker-errors.ts";

/** Throws BridgeError BROKER_UNAVAILABLE when it cannot connect, or has not after `ms` milliseconds. */
export async function connectWithin(ms: number, client: { connect(): Promise<void> }): Promise<void> {
  try {
    await within(systemClock, ms, "connecting", client.connect());
  } catch (error) {
    throw noBrokerAnswers(error);
  }
}

/** Disconnects all of them, for at most `ms` milliseconds, then drops the sockets they shared. Never rejects. */
export async function disconnectWithin(
  ms: number,
  dropSockets: () => void,
  ...clients: readonly { disconnect(): Promise<void> }[]
): Promise<void> {
  await bounded(Promise.allSettled(clients.map((client) => client.disconnect())), ms, systemClock);
  dropSockets();
}
