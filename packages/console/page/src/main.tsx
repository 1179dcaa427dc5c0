import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ErrorBoundary } from "react-error-boundary";
import { Router } from "wouter";
import { isProblem } from "./api/client.ts";
import { App } from "./app.tsx";
import { Toasts } from "./ui/toasts.tsx";
import "./style/page.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal stays one. A request that did not reach the server may reach it later.
      retry: (failures, error) => failures < 2 && !(isProblem(error) && error.status < 500),
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

/** The path that the console is mounted at. The server wrote it into the page. */
const base = new URL(document.baseURI).pathname.replace(/\/$/, "");

function Crashed() {
  return (
    <main className="alone">
      <section className="card" role="alert">
        <h1>This page stopped working</h1>
        <p>Reload it to continue. If this happens again, tell the operator of this server.</p>
        <button type="button" className="primary" onClick={() => location.reload()}>
          Reload
        </button>
      </section>
    </main>
  );
}

const root = document.querySelector("#root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary FallbackComponent={Crashed}>
        {/* The page's policy permits no style elements. */}
        <CSPProvider disableStyleElements>
          <QueryClientProvider client={queries}>
            <Toasts>
              <Router base={base}>
                <App />
              </Router>
            </Toasts>
          </QueryClientProvider>
        </CSPProvider>
      </ErrorBoundary>
    </StrictMode>,
  );
}
