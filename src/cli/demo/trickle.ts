import { systemClock } from "../../model/clock.ts";
import { pause } from "../../model/deadline.ts";
import type { RunningDemo } from "./running-demo.ts";
import { sampleEvents, sampleRequests } from "./sample-events.ts";

/** A turn: one event, and every other time one request. Milliseconds. */
const everyMs = 1500;

/** A little traffic while the demo is kept up, so that the interface shows something that moves. Ends with the signal. */
export async function trickle({ core }: Pick<RunningDemo, "core">, signal: AbortSignal): Promise<void> {
  // What is deleted ends as a dead letter in the demo: one is enough to look at.
  const events = sampleEvents.filter(({ id }) => id !== "clients.delete");
  for (let turn = 0; !signal.aborted; turn++) {
    const event = events[turn % events.length];
    const request = sampleRequests[turn % sampleRequests.length];
    try {
      if (event !== undefined) await core.publish(event);
      if (request !== undefined && turn % 2 === 0) await core.request(request.event);
    } catch {
      // The broker is being stopped, or away: the next turn finds out.
    }
    await pause(systemClock, everyMs, signal);
  }
}
