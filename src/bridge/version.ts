import { readFileSync } from "node:fs";

// The same two steps up from src/bridge/ and from dist/bridge/.
const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");

/** Of this package. */
export const { version } = JSON.parse(text) as { readonly version: string };
