/** Where what stands in a batch of record format v2, from its first offset on (kafka.apache.org/documentation/#recordbatch). */

/** Fields before the records. */
export const headBytes = 61;
/** What the batch's own length does not count: the first offset and the length. */
export const uncountedBytes = 12;
/** The number of the format; at the same place in all of them. */
export const magicAt = 16;
export const magic = 2;
/** Here begins what the checksum covers: the attributes. */
export const attributesAt = 21;
/** How many records there are; they follow. */
export const countAt = 57;

/** Bits of the attributes. */
export const compressionMask = 0x7;
export const appendTimeFlag = 0x8;
export const transactionalFlag = 0x10;
export const controlFlag = 0x20;
