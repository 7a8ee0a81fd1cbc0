import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The blocks of one language in a file of Markdown, in their order. `path`: from the root of the repository. */
export function codeBlocksOf(path: string, language: string): readonly string[] {
  const text = readFileSync(join(import.meta.dirname, "../..", path), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, block = ""]) => block);
}
