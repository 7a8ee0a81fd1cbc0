import type { ASTNode } from "@marcbachmann/cel-js";

/** Every node of an expression, parents before children. */
export function* nodesOf(root: ASTNode): Generator<ASTNode> {
  yield root;
  yield* nodesWithin(root.args);
}

function* nodesWithin(args: unknown): Generator<ASTNode> {
  if (Array.isArray(args)) for (const item of args) yield* nodesWithin(item);
  else if (isNode(args)) yield* nodesOf(args);
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}

/** The name of a field that a node reads of `data`: `data.name` or `data["name"]`. */
export function fieldRead(node: ASTNode): string | undefined {
  if (node.op !== "." && node.op !== "[]") return undefined;
  const [of, key] = node.args;
  if (of.op !== "id" || of.args !== "data") return undefined;
  if (typeof key === "string") return key;
  return key.op === "value" && typeof key.args === "string" ? key.args : undefined;
}

const loops: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** What a node runs once for each item of a list or map; empty when it is no loop. */
export function loopBody(node: ASTNode): readonly ASTNode[] {
  return node.op === "rcall" && loops.has(node.args[0]) ? node.args[2] : [];
}

/** The text of `decimal("...")`. */
export function decimalLiteral(node: ASTNode): string | undefined {
  if (node.op !== "call" || node.args[0] !== "decimal") return undefined;
  const [argument] = node.args[1];
  return argument?.op === "value" && typeof argument.args === "string" ? argument.args : undefined;
}
