import { useMutation } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { useEffect, useRef, type MouseEvent, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { api, dataOf, explain, type Session } from "./api/client.ts";
import { useSessionInfo } from "./session.ts";
import { Offline } from "./ui/offline.tsx";
import { useToast } from "./ui/toasts.tsx";

type Brand = NonNullable<Session["brand"]>;

function BrandName({ brand: { name, logo, homeUrl } }: { readonly brand: Brand }) {
  const content = (
    <>
      {logo !== null && <img src={logo} alt="" />}
      <span>{name}</span>
    </>
  );
  return homeUrl === null ? (
    <strong className="brand">{content}</strong>
  ) : (
    <a className="brand" href={homeUrl}>
      {content}
    </a>
  );
}

/** An icon on narrow screens, which still has its name for assistive technology. */
function SignOutLabel() {
  return (
    <>
      <LogOut aria-hidden className="sign-out-icon" size={18} />
      <span className="sign-out-text">Sign out</span>
    </>
  );
}

/** Puts the colours of the application in place of the page's own. */
function useAccent(brand: Brand | null): void {
  useEffect(() => {
    if (brand?.accent == null || brand.accentText === null) return;
    const { style } = document.documentElement;
    style.setProperty("--accent", brand.accent);
    style.setProperty("--accent-text", brand.accentText);
    // Away from the text on it, and a border that is visible even if the colour is that of the page.
    const away = brand.accentText === "#000000" ? "white" : "black";
    style.setProperty("--accent-hover", `color-mix(in srgb, var(--accent), ${away} 15%)`);
    style.setProperty("--accent-line", "color-mix(in srgb, var(--accent), var(--text) 50%)");
  }, [brand]);
}

/** The frame around each page. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const { actor, ownerId, level, canSignOut, signOutUrl, brand, messages, permissions } = useSessionInfo();
  useAccent(brand);
  const [location] = useLocation();
  const content = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const toast = useToast();
  const signOut = useMutation({
    mutationFn: () => dataOf(api.DELETE("/session")),
    // A page that is loaded again holds nothing of what was shown.
    onSuccess: () => globalThis.location.assign(document.baseURI),
    onError: (error) => toast(`You are still signed in. ${explain(error)}`),
  });

  // Assistive technology reads a new page from its beginning.
  useEffect(() => {
    if (isFirst.current) isFirst.current = false;
    else {
      content.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }, [location]);

  /** Moves the focus. Followed as a link, the fragment is of the base address, which is the first page. */
  function skip(event: MouseEvent): void {
    event.preventDefault();
    content.current?.focus();
  }

  const sections = [
    { href: "/", label: "Overview", isCurrent: location === "/" },
    { href: "/keys", label: messages.apiKeys ?? "API keys", isCurrent: location.startsWith("/keys") },
    ...(level === "operator"
      ? [{ href: "/owners", label: "Owners", isCurrent: location.startsWith("/owners") }]
      : []),
    { href: "/audit", label: "Audit log", isCurrent: location === "/audit" },
    // Where the sign-in is the application's own, so are the sessions.
    ...(permissions.sessions && canSignOut
      ? [{ href: "/sessions", label: "Sessions", isCurrent: location === "/sessions" }]
      : []),
  ];
  return (
    <>
      <a className="skip" href="#content" onClick={skip}>
        Skip to content
      </a>
      <header className="top">
        {brand !== null && <BrandName brand={brand} />}
        <nav aria-label="Sections">
          {sections.map(({ href, label, isCurrent }) => (
            <Link key={href} href={href} aria-current={isCurrent ? "page" : undefined}>
              {label}
            </Link>
          ))}
        </nav>
        <div className="who">
          <span className="actor" title={ownerId === null ? "Keys of all owners" : `Keys of ${ownerId}`}>
            {actor}
          </span>
          {canSignOut && (
            <button
              type="button"
              className="quiet"
              disabled={signOut.isPending}
              onClick={() => signOut.mutate()}
            >
              <SignOutLabel />
            </button>
          )}
          {signOutUrl !== null && (
            <a href={signOutUrl}>
              <SignOutLabel />
            </a>
          )}
        </div>
      </header>
      <Offline />
      <main id="content" ref={content} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
