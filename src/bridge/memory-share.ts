/** Bytes of one group's share at least: enough to keep its places busy with events of usual size. */
const leastBytes = 1024 * 1024;

/** What each of so many groups may hold of the memory that they share. Bytes. */
export function memoryShare(totalBytes: number, groups: number): number {
  return Math.max(leastBytes, Math.floor(totalBytes / Math.max(1, groups)));
}
