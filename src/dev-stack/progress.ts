/** Takes one line of progress, without its line end. */
export type Progress = (line: string) => void;

/** Says `what`, then every 5 s how long it has taken and, where it is known, `why` it is not done; until `work` ends. */
export async function sayWhile<T>(
  what: string,
  onProgress: Progress,
  work: Promise<T>,
  why: () => string | null = () => null,
): Promise<T> {
  const since = performance.now();
  onProgress(`${what} ...`);
  const timer = setInterval(() => {
    const reason = why();
    const seconds = Math.round((performance.now() - since) / 1000);
    onProgress(`${what} ... ${seconds} s${reason === null ? "" : ` (${reason})`}`);
  }, 5000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
