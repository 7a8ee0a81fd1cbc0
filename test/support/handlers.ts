/** Rows of a handlers file, as short as a test wants them. */

interface Row {
  readonly id: string;
  readonly events: readonly string[];
  readonly url?: string;
  readonly script?: string;
  readonly [key: string]: unknown;
}

/** Asked about `events`; allows when it fails, unless stated. */
export function asked({ url, script, ...row }: Row): object {
  return { stage: "before", onFailure: "allow", task: taskOf(url, script), ...row };
}

/** Told of `events`; tries again quickly, unless stated. */
export function told({ url, script, ...row }: Row): object {
  return { stage: "after", retry: { scheduleMs: [0, 100, 200] }, task: taskOf(url, script), ...row };
}

function taskOf(url: string | undefined, script: string | undefined): object {
  return script === undefined ? { http: { url } } : { script: { path: script } };
}
