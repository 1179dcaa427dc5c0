import { Link } from "wouter";
import type { Overview } from "../api/client.ts";
import { useSessionInfo } from "../session.ts";
import { count } from "../ui/format.ts";

/** The numbers of keys, each a link to these keys. */
export function KeyTotals({ keys }: { readonly keys: Overview["keys"] }) {
  const { keyPolicy } = useSessionInfo();
  const tiles = [
    { label: "Active keys", value: keys.active, href: "/keys?status=active" },
    { label: "Paused", value: keys.paused, href: "/keys?status=paused" },
    { label: "Expire in 30 days", value: keys.expiring, href: "/keys?attention=expiring" },
    { label: "Unused for 30 days", value: keys.unused, href: "/keys?attention=unused" },
    ...(keyPolicy.rotateAfterDays === undefined
      ? []
      : [{ label: "Rotation overdue", value: keys.overdue, href: "/keys?attention=overdue" }]),
  ];
  return tiles.map(({ label, value, href }) => (
    <div key={label}>
      <dt>{label}</dt>
      <dd>{value === 0 ? "0" : <Link href={href}>{count(value)}</Link>}</dd>
    </div>
  ));
}
