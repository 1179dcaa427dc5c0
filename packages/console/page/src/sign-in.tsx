import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, dataOf, explain } from "./api/client.ts";
import { sessionQuery } from "./api/queries.ts";
import { usePageTitle } from "./ui/page-title.ts";

/** Shown without a session. `way` is `password`, the address of a sign-in page, or `null` if neither is known. */
export function SignIn({ way }: { readonly way: string | null }) {
  usePageTitle("Sign in");
  return (
    <main className="alone">
      <section className="card">
        <h1>API keys</h1>
        {way === "password" && <PasswordForm />}
        {way !== "password" && way !== null && (
          <p>
            Your session has ended. <a href={way}>Sign in</a> to continue.
          </p>
        )}
        {way === null && <p>Sign in to the application, then reload this page.</p>}
      </section>
    </main>
  );
}

function PasswordForm() {
  const queries = useQueryClient();
  const [password, setPassword] = useState("");
  const error = useId();
  const signIn = useMutation({
    gcTime: 0,
    mutationFn: (input: string) => dataOf(api.POST("/session", { body: { password: input } })),
    onSuccess: async () => {
      setPassword("");
      await queries.resetQueries(sessionQuery);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        signIn.mutate(password);
      }}
    >
      {/* Password managers file a password under a name. */}
      <div className="field">
        <label htmlFor={`${error}-name`}>Username</label>
        <input id={`${error}-name`} name="username" autoComplete="username" value="admin" readOnly />
      </div>
      <div className="field">
        <label htmlFor={`${error}-password`}>Password</label>
        <input
          id={`${error}-password`}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          autoFocus
          value={password}
          aria-invalid={signIn.isError}
          aria-describedby={error}
          onChange={(event) => setPassword(event.target.value)}
        />
      </div>
      <p id={error} className="error" role="alert">
        {signIn.isError && explain(signIn.error)}
      </p>
      <button type="submit" className="primary wide" disabled={signIn.isPending}>
        {signIn.isPending ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}
