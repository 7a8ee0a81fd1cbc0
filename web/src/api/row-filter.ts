/** Of a filter of the API the field of a row that must say the same, whichever log it is of. */
const fields: Readonly<Record<string, string>> = {
  handler: "handler",
  event: "event",
  stage: "stage",
  status: "status",
  outcome: "outcome",
  decision: "decision",
  decidedBy: "decidedBy",
  object: "objectId",
  client: "client",
  operation: "operationId",
};

/** Whether a row that was heard belongs to what is listed. Words of `text` may stand where a row does not show them: they are not asked for here. */
export function fits(row: { readonly at: string }, query: Readonly<Record<string, string>>): boolean {
  const values = row as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(query).every(([filter, wanted]) => {
    if (filter === "since") return Date.parse(row.at) >= Date.parse(wanted);
    if (filter === "until") return Date.parse(row.at) < Date.parse(wanted);
    const field = fields[filter];
    return field === undefined || values[field] === wanted;
  });
}
