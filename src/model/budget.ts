/**
 * How a request's time is divided. Of a deadline D the bridge has D - 400 ms: the rest is the core's margin, two transits
 * and what clocks may differ. Within its share every mutator runs after the other, every validator beside the others.
 * Milliseconds throughout.
 */

export const coreMarginMs = 150;
export const transitMs = 100;
export const skewMs = 50;

/** What the core and both transits need of a deadline. */
export const outsideBridgeMs: number = coreMarginMs + 2 * transitMs + skewMs;

export const maxDeadlineMs = 5000;

/** The shortest call that makes sense, and so the smallest timeout a handler may state. */
export const minCallMs = 20;

/** What folding, encoding and the changes of `mutators` mutators may take besides the handlers' own time. */
export function reserveMs(mutators: number): number {
  return 30 + 5 * mutators;
}
