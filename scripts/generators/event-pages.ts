import { sampleBody } from "../../src/bridge/admin/sample-body.ts";
import { shapeOfEvent } from "../../src/kafka/registry/schemas.ts";
import { type EventType, eventCatalogue } from "../../src/model/event-catalogue.ts";
import { fieldRows } from "./event-fields.ts";
import type { Generator } from "./generator.ts";
import { generatedNote, table } from "./markdown.ts";

/** Every event with its fields and a sample. */
export const eventPages: Generator = { path: "docs/events.md", render };

function render(): string {
  const overview = eventCatalogue.map((type) => [
    `[\`${type.id}\`](#${anchor(type.id)})`,
    type.group,
    type.label,
    type.before ? "yes" : "no",
    `\`${type.entity}\``,
    type.aliases.map((alias) => `\`${alias}\``).join(" "),
  ]);
  return `# Events

${generatedNote("schemas/ and src/model/event-catalogue.ts")}

${table(["event id", "group", "what happened", "asked before?", "topic", "also known as"], overview)}

The topic is \`<prefix>.<name>\`, that of requests \`<prefix>.<name>.before\` ([asyncapi.yaml](asyncapi.yaml)). Events of other ids, which a vendor may
add, reach the handlers that name exactly that id.

Types as a handler sees them: a *decimal* is a string (\`"250.50"\`; a JSON number with \`numbers: json\`), an integer beyond 2^53-1 is a string. "may be null": null is
a value of its own. *Sparse* events hold the id and only what changed: what is not there did not change. A field that is *never changeable* cannot stand in
a handler's \`mayChange\`; a *secret* is masked wherever people look, and can be changed only if \`mayChange\` names it, as can decimals. The schemas: [schemas/](../schemas/README.md).

${eventCatalogue.map(page).join("\n")}`;
}

function page(type: EventType): string {
  const shape = shapeOfEvent(type);
  const facts = [
    `Record \`${type.record}\` ([schema](../schemas/${type.entity}/${type.record}.avsc))`,
    shape.sparse ? "sparse" : "whole",
    type.before ? "asked before and told after" : "told after only",
  ];
  return `## ${type.id}

${type.label}. ${facts.join(", ")}.

${table(["field", "type", "may be null", "notes", "meaning"], fieldRows(type))}

\`\`\`json
${sampleBody(type)}
\`\`\`
`;
}

/** As GitHub makes it of a heading. */
function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\w\- ]/g, "");
}
