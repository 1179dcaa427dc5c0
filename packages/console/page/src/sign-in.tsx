import { useQueryClient } from "@tanstack/react-query";
import { useId, useState, type FormEvent } from "react";
import { api, dataOf, explain } from "./api/client.ts";
import { sessionQuery } from "./api/queries.ts";

/** Shown while nobody is signed in. `way` is "password", an address, or nothing where neither is known. */
export function SignIn({ way }: { readonly way: string | null }) {
  return (
    <main className="alone">
      <section className="card sign-in">
        <h1>API Keys</h1>
        {way === "password" && <PasswordForm />}
        {way !== "password" && way !== null && (
          <p>
            Nobody is signed in. <a href={way}>Sign in</a>, then come back.
          </p>
        )}
        {way === null && <p>You may not see this page. Sign in to the application first, then reload.</p>}
      </section>
    </main>
  );
}

function PasswordForm() {
  const queries = useQueryClient();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const error = useId();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const password = String(new FormData(form).get("password") ?? "");
    setBusy(true);
    try {
      await dataOf(api.POST("/session", { body: { password } }));
      form.reset();
      await queries.resetQueries(sessionQuery);
    } catch (failed) {
      setFailure(failed);
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <label className="field">
        <span>Password</span>
        <input
          name="password"
          type="password"
          autoComplete="current-password"
          required
          autoFocus
          aria-invalid={failure !== undefined}
          aria-describedby={error}
        />
      </label>
      <p id={error} className="error" role="alert">
        {failure !== undefined && explain(failure)}
      </p>
      <button type="submit" className="primary wide" disabled={busy}>
        {busy ? "Signing in …" : "Sign in"}
      </button>
    </form>
  );
}
