import type { Owner } from "../api/client.ts";

export function OwnerStatus({ owner: { status } }: { readonly owner: Owner }) {
  return <span className={`badge ${status}`}>{status === "active" ? "Active" : "Paused"}</span>;
}
