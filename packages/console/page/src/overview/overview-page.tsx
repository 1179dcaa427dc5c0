import { lazy, Suspense, type ReactNode } from "react";
import { Link } from "wouter";
import type { Overview } from "../api/client.ts";
import { useOverview } from "../api/queries.ts";
import { policyLabel } from "../limits/limits-text.ts";
import { useSessionInfo } from "../session.ts";
import { count, percent, relativeTime } from "../ui/format.ts";
import { MeterBar } from "../ui/meter.tsx";
import { usePageTitle } from "../ui/page-title.ts";
import { Failed, Loading } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { slotsBetween } from "../usage/periods.ts";
import { KeyTotals } from "./key-totals.tsx";
import { OwnerLink } from "./owner-link.tsx";

const UsageChart = lazy(() => import("../usage/usage-chart.tsx"));

export function OverviewPage() {
  usePageTitle("Overview");
  const query = useOverview();
  return (
    <>
      <div className="title">
        <h1>Overview</h1>
        <p className="muted">Last 24 hours</p>
      </div>
      {query.isError && <Failed query={query} />}
      {query.data === undefined && !query.isError && <Loading what="the overview" />}
      {query.data !== undefined && <Content overview={query.data} />}
    </>
  );
}

function Content({ overview }: { readonly overview: Overview }) {
  const { from, to, hours } = overview;
  const allowed = hours.reduce((sum, hour) => sum + hour.admitted, 0);
  const refused = hours.reduce((sum, hour) => sum + hour.refused, 0);
  return (
    <>
      <dl className="tiles">
        <div>
          <dt>Allowed requests</dt>
          <dd>{count(allowed)}</dd>
        </div>
        <div>
          <dt>Refused requests</dt>
          <dd>
            {count(refused)} <small>{percent(refused, allowed + refused)}</small>
          </dd>
        </div>
        <KeyTotals keys={overview.keys} />
      </dl>
      <Suspense fallback={<Loading what="the chart" />}>
        <UsageChart slots={slotsBetween(hours, from, to)} per="hour" isUtc quota={undefined} />
      </Suspense>
      <div className="panels">
        <Traffic overview={overview} />
        <Attention overview={overview} />
      </div>
    </>
  );
}

interface PanelProps {
  readonly title: string;
  /** Shown if there are no rows. */
  readonly empty: string;
  readonly rows: readonly ReactNode[];
  readonly more?: ReactNode;
}

function Panel({ title, empty, rows, more }: PanelProps) {
  return (
    <section className="panel" aria-label={title}>
      <h2>{title}</h2>
      {rows.length === 0 ? <p className="hint">{empty}</p> : <ul>{rows}</ul>}
      {more}
    </section>
  );
}

type KeyReference = Overview["topKeys"][number]["key"];

function KeyLink({ apiKey }: { readonly apiKey: KeyReference }) {
  return (
    <span className="subject">
      <Link href={`/keys/${apiKey.id}`}>{apiKey.name}</Link>
      <OwnerLink ownerId={apiKey.ownerId} />
    </span>
  );
}

function Traffic({ overview }: { readonly overview: Overview }) {
  const { level } = useSessionInfo();
  const { topKeys, mostRefused, topOwners, nearQuota } = overview;
  return (
    <>
      <Panel
        title="Near a quota"
        empty="No quota is used by 80 % or more."
        rows={nearQuota.map(({ key, policy, used, limit, resetMs }) => (
          <li key={`${key.id} ${policy}`}>
            <KeyLink apiKey={key} />
            <span className="value">
              {policyLabel(policy)}: {count(used)} / {count(limit)}
              <small>resets {relativeTime(Date.now() + resetMs)}</small>
            </span>
            <MeterBar label={`${policyLabel(policy)} quota`} value={used} max={limit} />
          </li>
        ))}
        more={nearQuota.length > 0 && <Link href="/keys?attention=near-quota">All keys near a quota</Link>}
      />
      <Panel
        title="Most requests"
        empty="No requests yet."
        rows={topKeys.map(({ key, admitted }) => (
          <li key={key.id}>
            <KeyLink apiKey={key} />
            <span className="value">{count(admitted)}</span>
          </li>
        ))}
      />
      {level === "operator" && (
        <Panel
          title="Owners with most requests"
          empty="No requests with keys of an owner."
          rows={topOwners.map(({ ownerId, admitted, refused }) => (
            <li key={ownerId}>
              <span className="subject">
                <Link href={`/owners/${encodeURIComponent(ownerId)}`}>{ownerId}</Link>
              </span>
              <span className="value">
                {count(admitted)}
                {refused > 0 && <small>{count(refused)} refused</small>}
              </span>
            </li>
          ))}
        />
      )}
      <Panel
        title="Most refused"
        empty="No requests were refused."
        rows={mostRefused.map(({ key, admitted, refused }) => (
          <li key={key.id}>
            <KeyLink apiKey={key} />
            <span className="value">
              {count(refused)} <small>{percent(refused, admitted + refused)} of its requests</small>
            </span>
          </li>
        ))}
      />
    </>
  );
}

function Attention({ overview }: { readonly overview: Overview }) {
  const { level, keyPolicy } = useSessionInfo();
  const { expiring, unused, overdue, revokedInUse, failedAttempts, refusalsSince } = overview;
  const since = <p className="hint">Counted by this server since {relativeTime(refusalsSince)}.</p>;
  return (
    <>
      <Panel
        title="Expire soon"
        empty="No key expires within 30 days."
        rows={expiring.map(({ key, expiresAt }) => (
          <li key={key.id}>
            <KeyLink apiKey={key} />
            <span className="value">{relativeTime(expiresAt)}</span>
          </li>
        ))}
        more={expiring.length > 0 && <Link href="/keys?attention=expiring">All keys that expire soon</Link>}
      />
      <Panel
        title="Unused"
        empty="Every key was used within 30 days."
        rows={unused.map(({ key, lastUsedAt }) => (
          <li key={key.id}>
            <KeyLink apiKey={key} />
            <span className="value">{lastUsedAt === null ? "never used" : <Time at={lastUsedAt} />}</span>
          </li>
        ))}
        more={unused.length > 0 && <Link href="/keys?attention=unused">All unused keys</Link>}
      />
      {keyPolicy.rotateAfterDays !== undefined && (
        <Panel
          title="Rotation overdue"
          empty={`No key is older than ${keyPolicy.rotateAfterDays} days.`}
          rows={overdue.map(({ key, createdAt }) => (
            <li key={key.id}>
              <KeyLink apiKey={key} />
              <span className="value">
                created <Time at={createdAt} />
              </span>
            </li>
          ))}
          more={
            overdue.length > 0 && <Link href="/keys?attention=overdue">All keys overdue for rotation</Link>
          }
        />
      )}
      <Panel
        title="Revoked keys still in use"
        empty="No requests with revoked keys."
        rows={revokedInUse.map(({ key, count: tries, lastAt, lastAddress }) => (
          <li key={key.id}>
            <KeyLink apiKey={key} />
            <span className="value">
              {count(tries)}
              <small>
                <Time at={lastAt} /> from {lastAddress}
              </small>
            </span>
          </li>
        ))}
        more={since}
      />
      {level === "operator" && (
        <Panel
          title="Requests without a valid key"
          empty="None."
          rows={failedAttempts.map(({ network, count: tries, lastAt }) => (
            <li key={network}>
              <span className="subject">
                <code>{network}</code>
              </span>
              <span className="value">
                {count(tries)}
                <small>
                  <Time at={lastAt} />
                </small>
              </span>
            </li>
          ))}
          more={since}
        />
      )}
    </>
  );
}
