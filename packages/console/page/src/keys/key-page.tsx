import { useState } from "react";
import { Link } from "wouter";
import { isProblem, type ApiKey, type CreatedKey } from "../api/client.ts";
import { useKey } from "../api/queries.ts";
import { AuditTrail } from "../audit/audit-trail.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { UsageSection } from "../usage/usage-section.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import { EditDialog } from "./edit-dialog.tsx";
import { KeyFacts } from "./key-facts.tsx";
import { LimitsSection } from "./limits-section.tsx";
import { Notices } from "./notices.tsx";
import { RegenerateDialog } from "./regenerate-dialog.tsx";
import { RotateDialog } from "./rotate-dialog.tsx";
import { ShownOnce } from "./shown-once.tsx";
import { Status } from "./status.tsx";

/** One key: what it is, what it may and did, and what can be done with it. */
export function KeyPage({ id }: { readonly id: string }) {
  const key = useKey(id);
  if (key.data !== undefined) {
    return (
      <>
        {key.isError && <Failed query={key} />}
        <Shown apiKey={key.data} />
      </>
    );
  }
  if (isProblem(key.error) && key.error.code === "key-not-found") {
    return (
      <section className="state">
        <h1>There is no such key</h1>
        <p>
          <Link href="/">All API keys</Link>
        </p>
      </section>
    );
  }
  return key.isError ? <Failed query={key} /> : <Loading what="the key" />;
}

type Act = "edit" | "rotate" | "regenerate" | "delete";

function Shown({ apiKey }: { readonly apiKey: ApiKey }) {
  const [act, setAct] = useState<Act>();
  const [created, setCreated] = useState<CreatedKey>();
  const close = () => setAct(undefined);
  const onCreated = (made: CreatedKey) => {
    close();
    setCreated(made);
  };
  const isActive = apiKey.status === "active";
  const canReplace = isActive && apiKey.rotatedTo === null;

  return (
    <article>
      <p className="back">
        <Link href="/">← All API keys</Link>
      </p>
      <div className="title">
        <h1>{apiKey.name}</h1>
        <Status apiKey={apiKey} />
      </div>
      <p>
        <code>{apiKey.masked}</code>
      </p>
      <Notices apiKey={apiKey} />
      <div className="actions">
        {apiKey.status !== "revoked" && (
          <button type="button" onClick={() => setAct("edit")}>
            Edit
          </button>
        )}
        {canReplace && (
          <button type="button" onClick={() => setAct("rotate")}>
            Rotate
          </button>
        )}
        {canReplace && (
          <button type="button" onClick={() => setAct("regenerate")}>
            Regenerate
          </button>
        )}
        {apiKey.status !== "revoked" && (
          <button type="button" className="danger" onClick={() => setAct("delete")}>
            Delete
          </button>
        )}
      </div>
      <KeyFacts apiKey={apiKey} />
      <LimitsSection apiKey={apiKey} />
      <UsageSection apiKey={apiKey} />
      <section aria-labelledby="audit-of-key">
        <h2 id="audit-of-key">Audit trail</h2>
        <AuditTrail keyId={apiKey.id} />
      </section>

      {act === "edit" && <EditDialog apiKey={apiKey} onClose={close} />}
      {act === "rotate" && <RotateDialog apiKey={apiKey} onClose={close} onCreated={onCreated} />}
      {act === "regenerate" && <RegenerateDialog apiKey={apiKey} onClose={close} onCreated={onCreated} />}
      {act === "delete" && <DeleteDialog apiKey={apiKey} onClose={close} />}
      {created !== undefined && <ShownOnce created={created} onClose={() => setCreated(undefined)} />}
    </article>
  );
}
