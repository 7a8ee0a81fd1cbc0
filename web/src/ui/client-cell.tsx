import type { JSX } from "preact";

/** A client's key in a row; one that was made up for a client without an id yet is long, and stands whole in the details. */
export function ClientCell({ client }: { readonly client: string | null }): JSX.Element {
  if (client === null) return <span class="quiet">none</span>;
  return (
    <span class="client" title={client}>
      {client}
    </span>
  );
}
