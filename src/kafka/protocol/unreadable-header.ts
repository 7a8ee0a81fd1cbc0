/** Stands on a record that stands in for what could not be read, and says why. Such a record is poison (records/reader.ts). */
export const unreadableHeader = "bridge-unreadable";
