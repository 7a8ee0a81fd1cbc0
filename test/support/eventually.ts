/** Waits until `holds`, looking every 10 ms; throws with `what` when that takes longer than `ms`. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const untilMs = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
