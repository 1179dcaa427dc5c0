import { AuditTrail } from "./audit-trail.tsx";

/** Who did what to which key. */
export function AuditPage() {
  return (
    <>
      <div className="title">
        <h1>Audit trail</h1>
      </div>
      <p className="lead">Who did what to which key, when, and from where. Entries are never changed.</p>
      <AuditTrail />
    </>
  );
}
