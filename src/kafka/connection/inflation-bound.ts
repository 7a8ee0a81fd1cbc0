/** What a batch may grow to when it is read. The broker bounds what travels, not what that unfolds to. */
export const maxInflatedBytes: number = 128 * 1024 * 1024;

/** Throws when a batch would unfold to more than `maxInflatedBytes`. */
export function holdInflated(bytes: number): void {
  if (bytes > maxInflatedBytes) throw new Error("the batch unfolds to more than it may");
}
