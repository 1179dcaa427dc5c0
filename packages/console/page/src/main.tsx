import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { isProblem } from "./api/client.ts";
import { App } from "./app.tsx";
import "./style/page.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused it refuses again; what did not reach it may get there.
      retry: (failures, error) => failures < 2 && !(isProblem(error) && error.status < 500),
      networkMode: "always",
    },
  },
});

/** Where the console is mounted, as the server wrote it into the page. */
const base = new URL(document.baseURI).pathname.replace(/\/$/, "");

const root = document.querySelector("#root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Router base={base}>
          <App />
        </Router>
      </QueryClientProvider>
    </StrictMode>,
  );
}
