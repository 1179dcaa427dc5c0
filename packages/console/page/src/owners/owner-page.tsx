import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, dataOf, isProblem, type Owner } from "../api/client.ts";
import { refreshAll, useOwner } from "../api/queries.ts";
import { AuditList } from "../audit/audit-list.tsx";
import { PauseDialog } from "../keys/pause-dialog.tsx";
import { limitsText } from "../limits/limits-text.ts";
import { useSessionInfo } from "../session.ts";
import { BackLink } from "../ui/back-link.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { dateTime, relativeTime } from "../ui/format.ts";
import { ActionMenu } from "../ui/action-menu.tsx";
import { usePageTitle } from "../ui/page-title.ts";
import { Failed, Loading, Missing } from "../ui/states.tsx";
import { useToast } from "../ui/toasts.tsx";
import { UsageSection } from "../usage/usage-section.tsx";
import { EditOwnerDialog } from "./edit-owner-dialog.tsx";
import { OwnerStatus } from "./owner-status.tsx";

export function OwnerPage({ ownerId }: { readonly ownerId: string }) {
  const query = useOwner(ownerId);
  usePageTitle(ownerId);
  if (query.data !== undefined) return <Details owner={query.data} />;
  if (isProblem(query.error) && query.error.code === "owner-not-found") {
    return (
      <Missing title="This owner does not exist">
        <Link href="/owners">All owners</Link>
      </Missing>
    );
  }
  return query.isError ? <Failed query={query} /> : <Loading what="the owner" />;
}

type Operation = "edit" | "pause" | "resume" | "reset";

function Details({ owner }: { readonly owner: Owner }) {
  const { plans, permissions } = useSessionInfo();
  const [operation, setOperation] = useState<Operation>();
  const plan = plans.find(({ name }) => name === (owner.plan ?? "default"));
  const { pause } = owner;
  const items = [
    permissions.owners && owner.status === "active" && { label: "Pause…", operation: "pause" as const },
    permissions.owners && owner.status === "paused" && { label: "Resume…", operation: "resume" as const },
    permissions.reset && { label: "Reset limits…", operation: "reset" as const },
  ].filter((item) => item !== false);

  return (
    <article>
      <BackLink href="/owners">All owners</BackLink>
      <div className="title">
        <div className="heading">
          <h1>{owner.name ?? owner.id}</h1>
          <OwnerStatus owner={owner} />
        </div>
        <div className="buttons">
          {permissions.owners && (
            <button type="button" className="primary" onClick={() => setOperation("edit")}>
              Edit
            </button>
          )}
          <ActionMenu
            label="More actions"
            items={items.map(({ label, operation: name }) => ({ label, onSelect: () => setOperation(name) }))}
          />
        </div>
      </div>
      {pause !== null && (
        <p className="notice warn">
          All keys of this owner are refused. Paused {relativeTime(pause.at)}
          {pause.until !== null && `, until ${dateTime(pause.until)}`}.
          {pause.reason !== null && ` Reason: ${pause.reason}`}
        </p>
      )}
      <section aria-labelledby="details-of-owner">
        <h2 id="details-of-owner">Details</h2>
        <dl className="facts">
          <div>
            <dt>ID</dt>
            <dd>
              <code>{owner.id}</code>
            </dd>
          </div>
          <div>
            <dt>Plan</dt>
            <dd>{owner.plan ?? "default"}</dd>
          </div>
          <div>
            <dt>Each key</dt>
            <dd>{limitsText(plan?.limits)}</dd>
          </div>
          <div>
            <dt>All keys together</dt>
            <dd>
              {limitsText(plan?.owner)}
              {owner.ownLimits !== null && (
                <span className="chip">Custom: {limitsText(owner.ownLimits)}</span>
              )}
            </dd>
          </div>
          {Object.entries(plan?.budgets ?? {}).map(([name, limits]) => (
            <div key={name}>
              <dt>Budget {name}</dt>
              <dd>{limitsText(limits)}</dd>
            </div>
          ))}
          <div>
            <dt>Allowed addresses</dt>
            <dd>{owner.allowedAddresses?.join(", ") ?? <span className="muted">any</span>}</dd>
          </div>
          <div>
            <dt>Created</dt>
            <dd>{dateTime(owner.createdAt)}</dd>
          </div>
          <div>
            <dt>Keys</dt>
            <dd>
              <Link href={`/keys?ownerId=${encodeURIComponent(owner.id)}`}>Show the keys of this owner</Link>
            </dd>
          </div>
        </dl>
      </section>
      <UsageSection subject={{ ownerId: owner.id }} limits={plan?.owner} />
      <section aria-labelledby="audit-of-owner">
        <h2 id="audit-of-owner">Audit log</h2>
        <AuditList filter={{ ownerId: owner.id }} />
      </section>
      {operation !== undefined && (
        <OperationDialog owner={owner} operation={operation} onClose={() => setOperation(undefined)} />
      )}
    </article>
  );
}

interface OwnerDialogProps {
  readonly owner: Owner;
  readonly operation: Operation;
  readonly onClose: () => void;
}

function OperationDialog({ owner, operation, onClose }: OwnerDialogProps) {
  const queries = useQueryClient();
  const toast = useToast();
  const params = { path: { ownerId: owner.id } };

  async function finish(message: string) {
    toast(message);
    await refreshAll(queries);
  }

  switch (operation) {
    case "edit":
      return <EditOwnerDialog owner={owner} onClose={onClose} />;
    case "pause":
      return (
        <PauseDialog
          title={`Pause ${owner.id}?`}
          description="Requests with any key of this owner are refused until it is resumed."
          perform={async (body) => {
            await dataOf(api.POST("/owners/{ownerId}/pause", { params, body }));
            await finish(`Paused ${owner.id}`);
          }}
          onClose={onClose}
        />
      );
    case "resume":
      return (
        <ConfirmDialog
          title={`Resume ${owner.id}?`}
          action="Resume"
          perform={async () => {
            await dataOf(api.POST("/owners/{ownerId}/resume", { params }));
            await finish(`Resumed ${owner.id}`);
          }}
          onClose={onClose}
        >
          <p>Keys that were paused themselves stay paused.</p>
        </ConfirmDialog>
      );
    default:
      return (
        <ConfirmDialog
          title={`Reset the usage of ${owner.id}?`}
          action="Reset limits"
          perform={async () => {
            await dataOf(api.POST("/owners/{ownerId}/reset-limits", { params }));
            await finish(`Reset the limits of ${owner.id}`);
          }}
          onClose={onClose}
        >
          <p>
            The quotas that all keys of this owner share, and its budgets, start from zero. The quotas of each
            key stay.
          </p>
        </ConfirmDialog>
      );
  }
}
