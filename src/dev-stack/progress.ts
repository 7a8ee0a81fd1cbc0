/** Takes one line of progress, without its line end. */
export type Progress = (line: string) => void;

/** Says `what` now and then every 5 s how long it has taken, until `work` ends. */
export async function sayWhile<T>(what: string, onProgress: Progress, work: Promise<T>): Promise<T> {
  const since = performance.now();
  onProgress(`${what} ...`);
  const timer = setInterval(() => {
    onProgress(`${what} ... ${Math.round((performance.now() - since) / 1000)} s`);
  }, 5000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
