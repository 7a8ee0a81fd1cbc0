import { type Alias, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";

/** YAML as a plain tree whose every part knows where it stands; anything that could surprise is refused. */

export type Tree = Scalar | TreeList | TreeMap;
interface Located {
  /** Offset in the text. */
  readonly at: number;
}
export interface Scalar extends Located {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** As it was written: a number's digits, before they became a float. */
  readonly source: string;
}
export interface TreeList extends Located {
  readonly kind: "list";
  readonly items: readonly Tree[];
}
export interface TreeMap extends Located {
  readonly kind: "map";
  readonly entries: readonly { readonly key: string; readonly at: number; readonly value: Tree }[];
}

export interface YamlReading {
  /** Undefined when the text is not usable at all. */
  readonly tree: Tree | undefined;
  readonly problems: readonly { readonly at: number; readonly text: string }[];
  /** Line and column of an offset, both from 1. */
  readonly placeOf: (at: number) => { readonly line: number; readonly column: number };
}

/** Aliases are followed, but a few lines of them can stand for billions of nodes: what they unfold to is bounded. */
const maxNodes = 50_000;
const maxDepth = 20;

export function readYaml(text: string): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: "core", version: "1.2" });
  const problems = [...document.errors, ...document.warnings].map((found) => ({
    at: found.pos[0],
    text: found.message.split("\n")[0] ?? "not YAML",
  }));
  const placeOf: YamlReading["placeOf"] = (at) => {
    const { line, col } = lines.linePos(at);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (document.errors.length > 0) return { tree: undefined, problems, placeOf };

  let nodes = 0;
  const anchored = new Map<Alias, Node | undefined>();
  const refuse = (at: number, reason: string): Tree => {
    problems.push({ at, text: reason });
    return { kind: "scalar", at, value: null, source: "" };
  };
  const read = (node: Node | null | undefined, fallbackAt: number, depth: number): Tree => {
    const at = node?.range?.[0] ?? fallbackAt;
    nodes += 1;
    if (nodes > maxNodes)
      return nodes === maxNodes + 1 ? refuse(at, "is too large once aliases are followed") : nothing(at);
    if (depth > maxDepth) return refuse(at, `is nested deeper than ${maxDepth}`);
    if (isAlias(node)) {
      // Resolving walks the whole document each time.
      if (!anchored.has(node)) anchored.set(node, node.resolve(document));
      return read(anchored.get(node), at, depth + 1);
    }
    if (isMap(node)) {
      const entries = node.items.map((pair) => {
        const key = isScalar(pair.key) ? String(pair.key.value) : "";
        const keyAt = isScalar(pair.key) ? (pair.key.range?.[0] ?? at) : at;
        if (!isScalar(pair.key)) problems.push({ at, text: "has a key that is not a word" });
        return { key, at: keyAt, value: read(pair.value as Node | null, keyAt, depth + 1) };
      });
      return { kind: "map", at, entries };
    }
    if (isSeq(node)) {
      return { kind: "list", at, items: node.items.map((item) => read(item as Node | null, at, depth + 1)) };
    }
    if (!isScalar(node)) return nothing(at);
    const { value } = node;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value === null) {
      return { kind: "scalar", at, value, source: node.source ?? String(value) };
    }
    return refuse(at, "holds a value of a kind that is not used here");
  };
  return { tree: read(document.contents, 0, 0), problems, placeOf };
}

function nothing(at: number): Tree {
  return { kind: "scalar", at, value: null, source: "" };
}
