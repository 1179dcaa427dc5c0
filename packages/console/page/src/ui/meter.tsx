interface MeterProps {
  readonly label: string;
  readonly value: number;
  readonly max: number;
}

/** A bar that shows how much of a limit is used. */
export function MeterBar({ label, value, max }: MeterProps) {
  const part = max === 0 ? 1 : value / max;
  const level = part >= 1 ? "spent" : part >= 0.8 ? "high" : "";
  return <progress className={level} value={Math.min(value, max)} max={max} aria-label={label} />;
}
