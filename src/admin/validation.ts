import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";

/**
 * Validates by the contract's own schemas. Numbers in a query or a path come as text and are read as what the
 * schema wants; a body must have the right types already. Nothing is dropped and nothing repaired.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema);
  return (value: unknown) => {
    const read = httpPart === "body" ? value : fromText(schema, value);
    return compiled.Check(read) ? { value: read } : { error: findings(compiled.Errors(read)) as unknown as Error };
  };
};

/** What a schema wants as a number and is written as one, as that number; all else stays text. */
function fromText(schema: TSchema, given: unknown): unknown {
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, { readonly type?: unknown }>> };
  return Object.fromEntries(
    Object.entries(given as object).map(([name, value]: [string, unknown]) => {
      const type = Object.hasOwn(properties, name) ? properties[name]?.type : undefined;
      const isNumber = type === "integer" || type === "number";
      return [name, isNumber && typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value];
    }),
  );
}

interface Finding {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/** What a person can use of what a validator finds: of a union one line, of an unknown key its name. */
function findings(all: readonly Finding[]): readonly Finding[] {
  const unions = new Set(all.filter(({ keyword }) => keyword === "anyOf").map(({ instancePath }) => instancePath));
  return all
    .filter(({ keyword, instancePath }) => keyword !== "boolean" && (keyword === "anyOf" || !unions.has(instancePath)))
    .slice(0, mostFindings)
    .map((finding) => ({ ...finding, message: messageOf(finding, all) }));
}

const mostFindings = 20;

function messageOf({ keyword, instancePath, message, params }: Finding, all: readonly Finding[]): string {
  if (keyword === "additionalProperties") {
    const { additionalProperties = [] } = params as { additionalProperties?: readonly string[] };
    return `does not know ${additionalProperties.map((name) => `"${name.slice(0, 50)}"`).join(", ")}`;
  }
  if (keyword !== "anyOf") return message;
  const constants = all.flatMap((one) =>
    one.keyword === "const" && one.instancePath === instancePath
      ? [JSON.stringify((one.params as { allowedValue?: unknown }).allowedValue)]
      : [],
  );
  return constants.length > 0 ? `must be one of ${constants.join(", ")}` : "is of none of the types it may have";
}
