import { RotateCw } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link } from "wouter";
import { isProblem, type ApiKey } from "../api/client.ts";
import { useKey } from "../api/queries.ts";
import { AuditList } from "../audit/audit-list.tsx";
import { QuotaMeters } from "../limits/quota-meters.tsx";
import { useSessionInfo } from "../session.ts";
import { BackLink } from "../ui/back-link.tsx";
import { ActionMenu } from "../ui/action-menu.tsx";
import { usePageTitle } from "../ui/page-title.ts";
import { Failed, Loading, Missing } from "../ui/states.tsx";
import { UsageSection } from "../usage/usage-section.tsx";
import { KeyDetails } from "./key-details.tsx";
import { KeyNotice } from "./key-notice.tsx";
import { operationsOn, type KeyOperation } from "./key-operations.ts";
import { menuFor } from "./key-row.tsx";
import { KeyStatus } from "./key-status.tsx";

/** Operations that are buttons. The first that is possible is shown. */
const PRIMARY = [
  ["rotate", "Rotate"],
  ["renew", "Renew"],
] as const;

const OperationDialog = lazy(async () => ({
  default: (await import("../later.ts")).OperationDialog,
}));

export function KeyPage({ id }: { readonly id: string }) {
  const query = useKey(id);
  usePageTitle(query.data?.name ?? "API key");
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <Failed query={query} />}
        <Details apiKey={query.data} />
      </>
    );
  }
  if (isProblem(query.error) && query.error.code === "key-not-found") {
    return (
      <Missing title="This key does not exist">
        <Link href="/keys">All API keys</Link>
      </Missing>
    );
  }
  return query.isError ? <Failed query={query} /> : <Loading what="the key" />;
}

function Details({ apiKey }: { readonly apiKey: ApiKey }) {
  const session = useSessionInfo();
  const [operation, setOperation] = useState<KeyOperation>();
  const operations = operationsOn(apiKey, session);
  const primary = PRIMARY.find(([name]) => operations.has(name));
  const items = menuFor(operations, setOperation).filter(({ operation: name }) => name !== primary?.[0]);
  return (
    <article>
      <BackLink href="/keys">All API keys</BackLink>
      <div className="title">
        <div className="heading">
          <h1>{apiKey.name}</h1>
          <KeyStatus apiKey={apiKey} />
        </div>
        <div className="buttons">
          {primary !== undefined && (
            <button type="button" className="primary" onClick={() => setOperation(primary[0])}>
              <RotateCw aria-hidden size={16} />
              {primary[1]}
            </button>
          )}
          <ActionMenu label="More actions" items={items} />
        </div>
      </div>
      <p className="mask-line">
        <code>{apiKey.masked}</code>
      </p>
      <KeyNotice apiKey={apiKey} />
      <QuotaMeters apiKey={apiKey} />
      <KeyDetails apiKey={apiKey} />
      <UsageSection subject={{ keyId: apiKey.id }} limits={apiKey.quota?.limits} />
      <section aria-labelledby="audit-of-key">
        <h2 id="audit-of-key">Audit log</h2>
        <AuditList filter={{ keyId: apiKey.id }} />
      </section>
      {operation !== undefined && (
        <Suspense>
          <OperationDialog apiKey={apiKey} operation={operation} onClose={() => setOperation(undefined)} />
        </Suspense>
      )}
    </article>
  );
}
