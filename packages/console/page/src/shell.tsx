import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { api, dataOf } from "./api/client.ts";
import { useActing } from "./session.ts";
import { Offline } from "./ui/offline.tsx";

/** What stands around each page. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const { actor, ownerId, canSignOut } = useActing();
  const [location] = useLocation();

  async function signOut() {
    await dataOf(api.DELETE("/session")).catch(() => undefined);
    // A page loaded anew holds nothing of what was seen.
    globalThis.location.assign(document.baseURI);
  }

  return (
    <>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="top">
        <nav aria-label="Where this is" className="crumbs">
          <ol>
            <li>Admin</li>
            <li>Settings</li>
            <li>
              <Link href="/">API Keys</Link>
            </li>
          </ol>
        </nav>
        <div className="who">
          <span title={ownerId === null ? "Keys of all owners" : `Keys of ${ownerId}`}>
            {actor}
            {ownerId !== null && ` · ${ownerId}`}
          </span>
          {canSignOut && (
            <button type="button" className="quiet" onClick={() => void signOut()}>
              Sign out
            </button>
          )}
        </div>
      </header>
      <nav className="tabs" aria-label="Sections">
        <Link href="/" aria-current={location === "/audit" ? undefined : "page"}>
          Keys
        </Link>
        <Link href="/audit" aria-current={location === "/audit" ? "page" : undefined}>
          Audit trail
        </Link>
      </nav>
      <Offline />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
