import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { signIn } from "./api/session.ts";
import { Field } from "./ui/fields.tsx";

export function SignIn({ refused }: { readonly refused: string | null }): JSX.Element {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  return (
    <main class="lone">
      <h1>Provisioning bridge</h1>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          setBusy(true);
          void signIn(typed.trim()).finally(() => setBusy(false));
        }}
      >
        <Field
          label="Access token"
          hint="A bearer token or an OIDC access token. It is kept in this tab only, and gone when you close it."
          problems={refused === null ? [] : [refused]}
        >
          {(ids) => (
            <input
              {...ids}
              type="password"
              autoComplete="current-password"
              required
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          )}
        </Field>
        <p class="unseen" role="alert">
          {refused}
        </p>
        <button type="submit" class="primary" disabled={busy || typed.trim() === ""}>
          {busy ? "Signing in …" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
