import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, Route, Switch } from "wouter";
import { isProblem } from "./api/client.ts";
import { sessionQuery, useSession } from "./api/queries.ts";
import { AuditPage } from "./audit/audit-page.tsx";
import { KeyPage } from "./keys/key-page.tsx";
import { KeysPage } from "./keys/keys-page.tsx";
import { SessionContext } from "./session.ts";
import { Shell } from "./shell.tsx";
import { SignIn } from "./sign-in.tsx";
import { Failed, Loading } from "./ui/states.tsx";

/** The page: nothing of it before it is known who is acting. */
export function App() {
  const session = useSession();
  useEndedSessions();
  if (isProblem(session.error) && session.error.code === "sign-in-required") {
    return <SignIn way={session.error.signIn ?? null} />;
  }
  if (session.data === undefined) {
    return (
      <main className="alone">
        {session.isError ? <Failed query={session} /> : <Loading what="the console" />}
      </main>
    );
  }
  return (
    <SessionContext value={session.data}>
      <Shell>
        <Switch>
          <Route path="/" component={KeysPage} />
          <Route path="/keys/:id">{({ id }) => <KeyPage key={id} id={id} />}</Route>
          <Route path="/audit" component={AuditPage} />
          <Route>
            <section className="state">
              <h1>There is nothing here</h1>
              <p>
                <Link href="/">All API keys</Link>
              </p>
            </section>
          </Route>
        </Switch>
      </Shell>
    </SessionContext>
  );
}

/** A session can end while the page is open: whichever question finds out, the sign-in is shown. */
function useEndedSessions(): void {
  const queries = useQueryClient();
  useEffect(() => {
    return queries.getQueryCache().subscribe(({ query }) => {
      const { error } = query.state;
      const ended = isProblem(error) && error.code === "sign-in-required";
      if (
        ended &&
        query.queryKey[0] !== "session" &&
        queries.getQueryData(sessionQuery.queryKey) !== undefined
      ) {
        void queries.resetQueries(sessionQuery);
      }
    });
  }, [queries]);
}
