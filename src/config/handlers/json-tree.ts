import type { Tree } from "./yaml-tree.ts";

/** Numbers with more digits than a float holds for certain are texts in JSON, so that none is lost. */
const exactDigits = 15;

/** A definition as JSON, as the tree that the readers of the handlers file read; it stands nowhere. */
export function treeOf(json: unknown): Tree {
  if (Array.isArray(json)) return { kind: "list", at: 0, items: json.map(treeOf) };
  if (typeof json === "object" && json !== null) {
    const entries = Object.entries(json).map(([key, value]: [string, unknown]) => ({
      key,
      at: 0,
      value: treeOf(value),
    }));
    return { kind: "map", at: 0, entries };
  }
  const value = typeof json === "string" || typeof json === "number" || typeof json === "boolean" ? json : null;
  return { kind: "scalar", at: 0, value, source: String(value) };
}

/** The other way: a part of the handlers file as plain JSON. */
export function jsonOf(tree: Tree): unknown {
  switch (tree.kind) {
    case "list":
      return tree.items.map(jsonOf);
    case "map":
      return Object.fromEntries(tree.entries.map(({ key, value }) => [key, jsonOf(value)]));
    case "scalar":
      return typeof tree.value === "number" && tree.source.replaceAll(/\D/g, "").length > exactDigits
        ? tree.source
        : tree.value;
  }
}
