/**
 * The key of what is written for a group about a record: the group, "/" and the original key's bytes, so that one key's records
 * of one group stay in their order. Group names hold no "/".
 */
export function groupKey(group: string, key: Buffer | null): Buffer {
  const prefix = Buffer.from(`${group}/`);
  return key === null ? prefix : Buffer.concat([prefix, key]);
}
