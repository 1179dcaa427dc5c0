import { useNetworks } from "../api/queries.ts";
import { dateTime } from "../ui/format.ts";

interface UsedNetworksProps {
  readonly keyId: string;
  /** The networks that are in the list of allowed addresses already. */
  readonly allowed: readonly string[];
  readonly onAllow: (network: string) => void;
}

/** Offers the networks that a key was used from for its list of allowed addresses. */
export function UsedNetworks({ keyId, allowed, onAllow }: UsedNetworksProps) {
  const offered = useNetworks(keyId).data?.networks.filter(({ network }) => !allowed.includes(network)) ?? [];
  if (offered.length === 0) return null;
  return (
    <p className="hint">
      Used in the last 30 days from:{" "}
      {offered.map(({ network, lastUsedAt }) => (
        <button
          key={network}
          type="button"
          className="quiet"
          title={`Last used ${dateTime(lastUsedAt)}`}
          aria-label={`Allow ${network}`}
          onClick={() => onAllow(network)}
        >
          {network}
        </button>
      ))}
    </p>
  );
}
