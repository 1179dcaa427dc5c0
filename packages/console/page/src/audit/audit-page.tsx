import { useSearchParams } from "wouter";
import { DebouncedInput } from "../keys/filters.tsx";
import { useSessionInfo } from "../session.ts";
import { usePageTitle } from "../ui/page-title.ts";
import { AuditExport } from "./audit-export.tsx";
import { AUDIT_FIELDS, filterOf } from "./audit-filter.ts";
import { AuditList } from "./audit-list.tsx";
import { ACTIONS } from "./audit-text.ts";
import { AuditVerification } from "./audit-verification.tsx";

export function AuditPage() {
  usePageTitle("Audit log");
  const { level } = useSessionInfo();
  const [parameters, setParameters] = useSearchParams();
  const value = (name: string) => parameters.get(name) ?? "";
  const filter = filterOf(parameters);

  function change(name: string, text: string) {
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        if (text === "") next.delete(name);
        else next.set(name, text);
        return next;
      },
      { replace: true },
    );
  }

  return (
    <>
      <div className="title">
        <h1>Audit log</h1>
        <div className="buttons">
          <AuditExport filter={filter} />
        </div>
      </div>
      <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <select
          aria-label="Action"
          className={value("action") === "" ? "" : "in-use"}
          value={value("action")}
          onChange={(event) => change("action", event.target.value)}
        >
          <option value="">Action: any</option>
          {Object.entries(ACTIONS).map(([action, text]) => (
            <option key={action} value={action}>
              {text}
            </option>
          ))}
        </select>
        <DebouncedInput
          label="Actor"
          placeholder="Actor"
          value={value("actor")}
          onChange={(text) => change("actor", text)}
        />
        <DebouncedInput
          label="Key ID"
          placeholder="Key ID"
          value={value("keyId")}
          onChange={(text) => change("keyId", text)}
        />
        {level === "operator" && (
          <DebouncedInput
            label="Owner"
            placeholder="Owner"
            value={value("ownerId")}
            onChange={(text) => change("ownerId", text)}
          />
        )}
        <label className="inline">
          From
          <input type="date" value={value("from")} onChange={(event) => change("from", event.target.value)} />
        </label>
        <label className="inline">
          to
          <input
            type="date"
            value={value("to")}
            min={value("from")}
            onChange={(event) => change("to", event.target.value)}
          />
        </label>
        {AUDIT_FIELDS.some((name) => value(name) !== "") && (
          <button type="button" className="quiet" onClick={() => setParameters({}, { replace: true })}>
            Clear filters
          </button>
        )}
      </form>
      {level === "operator" && <AuditVerification />}
      <AuditList filter={filter} />
    </>
  );
}
