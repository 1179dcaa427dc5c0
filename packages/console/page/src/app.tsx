import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { Link, Route, Switch } from "wouter";
import { isProblem } from "./api/client.ts";
import { sessionQuery, useSession } from "./api/queries.ts";
import { RevealProvider } from "./keys/reveal.tsx";
import { SessionContext } from "./session.ts";
import { Shell } from "./shell.tsx";
import { SignIn } from "./sign-in.tsx";
import { Failed, Loading, Missing } from "./ui/states.tsx";

const loadKeysPage = async () => ({ default: (await import("./keys/keys-page.tsx")).KeysPage });
const loadOverviewPage = async () => ({
  default: (await import("./overview/overview-page.tsx")).OverviewPage,
});
const loadLater = () => import("./later.ts");

const OverviewPage = lazy(loadOverviewPage);
const KeysPage = lazy(loadKeysPage);
const KeyPage = lazy(async () => ({ default: (await loadLater()).KeyPage }));
const OwnersPage = lazy(async () => ({ default: (await loadLater()).OwnersPage }));
const OwnerPage = lazy(async () => ({ default: (await loadLater()).OwnerPage }));
const SessionsPage = lazy(async () => ({ default: (await loadLater()).SessionsPage }));
const AuditPage = lazy(async () => ({ default: (await loadLater()).AuditPage }));

/** Shows nothing before the principal is known. */
export function App() {
  return (
    <RevealProvider>
      <Pages />
    </RevealProvider>
  );
}

function Pages() {
  const session = useSession();
  useEndedSessions();
  const isSignedIn = session.data !== undefined;
  useEffect(() => {
    if (isSignedIn) void loadRest();
  }, [isSignedIn]);
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
        <Suspense fallback={<Loading what="the page" />}>
          <Switch>
            <Route path="/" component={OverviewPage} />
            <Route path="/keys" component={KeysPage} />
            <Route path="/keys/:id">{({ id }) => <KeyPage key={id} id={id} />}</Route>
            <Route path="/owners" component={OwnersPage} />
            <Route path="/owners/:ownerId">
              {({ ownerId }) => <OwnerPage key={ownerId} ownerId={decodeURIComponent(ownerId)} />}
            </Route>
            <Route path="/audit" component={AuditPage} />
            <Route path="/sessions" component={SessionsPage} />
            <Route>
              <Missing title="Page not found">
                <Link href="/">Overview</Link>
              </Missing>
            </Route>
          </Switch>
        </Suspense>
      </Shell>
    </SessionContext>
  );
}

/** Loads the rest of the console once the first page is shown, so that it opens while the server is away. */
async function loadRest(): Promise<void> {
  const loads = [loadOverviewPage, loadKeysPage, loadLater, () => import("./usage/usage-chart.tsx")];
  // A page that could not be loaded is loaded again when it is opened.
  await Promise.allSettled(loads.map((load) => load()));
}

/** A session can end while the page is open. Any request that finds out leads to the sign-in. */
function useEndedSessions(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const check = (error: unknown) => {
      const hasEnded = isProblem(error) && error.code === "sign-in-required";
      if (hasEnded && queries.getQueryData(sessionQuery.queryKey) !== undefined) {
        void queries.resetQueries(sessionQuery);
      }
    };
    const stopQueries = queries.getQueryCache().subscribe(({ query }) => {
      if (query.queryKey[0] !== "session") check(query.state.error);
    });
    const stopMutations = queries
      .getMutationCache()
      .subscribe(({ mutation }) => check(mutation?.state.error));
    return () => {
      stopQueries();
      stopMutations();
    };
  }, [queries]);
}
