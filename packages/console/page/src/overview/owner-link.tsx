import { Link } from "wouter";
import { useSessionInfo } from "../session.ts";

/** The owner of a key, for operators. */
export function OwnerLink({ ownerId }: { readonly ownerId: string | null }) {
  const { level } = useSessionInfo();
  if (ownerId === null || level !== "operator") return null;
  return (
    <small>
      <Link href={`/owners/${encodeURIComponent(ownerId)}`}>{ownerId}</Link>
    </small>
  );
}
