/** Says on standard error what is being prepared, with the seconds it took so far. */
export function createProgress(): (line: string) => void {
  const startMs = performance.now();
  return (line) => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0).padStart(3);
    process.stderr.write(`${seconds} s  ${line}\n`);
  };
}
