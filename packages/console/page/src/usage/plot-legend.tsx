import { POLICIES } from "./periods.ts";

/** What the colours and lines of the plot are. */
export function Legend() {
  return (
    <figcaption className="legend">
      <span>
        <i className="swatch admitted" /> admitted
      </span>
      {POLICIES.map((policy) => (
        <span key={policy}>
          <i className={`swatch ${policy}`} /> refused by {policy}
        </span>
      ))}
      <span>
        <i className="swatch limit" /> daily limit
      </span>
      <span>times are UTC</span>
    </figcaption>
  );
}

/** Fills that are told apart without their colours; `id` and a policy name one. */
export function Patterns({ id }: { readonly id: string }) {
  return (
    <defs>
      <pattern id={`${id}sustained`} className="sustained" width="6" height="6" patternUnits="userSpaceOnUse">
        <rect width="6" height="6" />
      </pattern>
      <pattern
        id={`${id}burst`}
        className="burst"
        width="6"
        height="6"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)"
      >
        <rect width="6" height="6" />
        <path d="M0 0v6" className="stripe" />
      </pattern>
      <pattern id={`${id}daily`} className="daily" width="6" height="6" patternUnits="userSpaceOnUse">
        <rect width="6" height="6" />
        <circle cx="3" cy="3" r="1.3" className="dot" />
      </pattern>
    </defs>
  );
}
