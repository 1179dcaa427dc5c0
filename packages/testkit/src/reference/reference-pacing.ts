import type { Limits } from "@keyward/core";

/** A cost in the window. `low` and `high` differ where the limiter may have counted less than the whole cost. */
interface WindowEntry {
  readonly at: number;
  low: number;
  high: number;
  /** Longest delay before it leaves the window. */
  readonly toleranceMs: number;
}

/** `rate`, `per` and `burst` with what was admitted under them. */
export interface Account {
  readonly rate: number;
  readonly perMs: number;
  readonly burst: number;
  /** In units of 1/`perMs` request, at `levelAt`. */
  level: number;
  levelAt: number;
  window: WindowEntry[];
  /** Time at which an account of earlier limits is closed; `undefined` for the current one. */
  closesAt: number | undefined;
  /** The same for a limiter that counted as much as it may. */
  closesAtLatest: number | undefined;
}

const PER_MS = { second: 1000, minute: 60_000, hour: 3_600_000 };

/** A limiter remembers so many accounts besides the current one. */
const MAX_EARLIER = 8;

/** The accounts of one subject, in plain data that can be cloned. */
export interface Accounts {
  current: Account | undefined;
  earlier: Account[];
  /** Set when pacing was refunded: a limiter may have taken back less, and so refuse more. */
  isLoose: boolean;
}

function openAccount({ rate = 0, per = "second", burst = rate }: Limits, at: number): Account {
  const perMs = PER_MS[per];
  return {
    rate,
    perMs,
    burst,
    level: 0,
    levelAt: at,
    window: [],
    closesAt: undefined,
    closesAtLatest: undefined,
  };
}

/** Longest delay before an entry leaves a window: 1/40 of its length. */
function toleranceOf({ perMs }: Account): number {
  return perMs / 40;
}

function isSame(one: Account, other: Account): boolean {
  return one.rate === other.rate && one.perMs === other.perMs && one.burst === other.burst;
}

function leak(account: Account, at: number): void {
  account.level = Math.max(0, account.level - account.rate * (at - account.levelAt));
  account.levelAt = at;
}

/** Makes the account of these limits the current one: the same as before, or a new one that is as full as the fullest. */
export function switchAccount(accounts: Accounts, limits: Limits, at: number): void {
  if (limits.rate === undefined) return;
  const wanted = openAccount(limits, at);
  const { current } = accounts;
  if (current === undefined) {
    accounts.current = wanted;
    return;
  }
  if (isSame(current, wanted)) return;
  current.closesAt = endOf(current, at);
  current.closesAtLatest = endOf(current, at, "high");
  // A limiter that counted more may keep an account that is closed here.
  if (current.closesAtLatest > current.closesAt) accounts.isLoose = true;
  const kept = [current, ...accounts.earlier].filter((account) => mayBeOpen(account, at));
  const open = kept.filter(({ closesAt }) => (closesAt ?? at + 1) > at);
  const existing = kept.find((account) => isSame(account, wanted));
  if (existing === undefined || !open.includes(existing)) fillFrom(wanted, open, at);
  accounts.current =
    existing === undefined ? wanted : reopen(existing, open.includes(existing) ? existing : wanted, at);
  accounts.earlier = kept.filter((account) => account !== existing).slice(0, MAX_EARLIER);
}

/** True if a limiter may still have an account that limits no longer have. */
function mayBeOpen({ closesAtLatest }: Account, at: number): boolean {
  return (closesAtLatest ?? at + 1) > at;
}

/** An account that is current again, and at most as full as the one that a limiter has which closed it. */
function reopen(existing: Account, closed: Account, at: number): Account {
  const level = Math.min(levelAt(existing, at), levelAt(closed, at));
  const emptier = windowUse(closed, at).low < windowUse(existing, at).low ? closed : existing;
  return { ...emptier, level, levelAt: at, closesAt: undefined, closesAtLatest: undefined };
}

/** Time at which everything admitted until now has left the window and the bucket. */
function endOf(account: Account, at: number, use: "low" | "high" = "low"): number {
  const inWindow = account.window.filter((entry) => entry[use] > 0 && entry.at > at - account.perMs);
  const windowEndsAt = Math.max(at, ...inWindow.map((entry) => entry.at + account.perMs));
  return Math.max(windowEndsAt, at + Math.ceil(levelAt(account, at) / account.rate));
}

/** True if an account limits nothing any more. */
export function isOver(account: Account | undefined, at: number): boolean {
  return account === undefined || endOf(account, at) <= at;
}

function fillFrom(account: Account, open: readonly Account[], at: number): void {
  let longest: Account | undefined;
  for (const other of open) {
    leak(other, at);
    account.level = Math.max(account.level, Math.ceil((other.level * account.perMs) / other.perMs));
    if (longest === undefined || other.perMs > longest.perMs) longest = other;
  }
  account.level = Math.min(account.level, account.burst * account.perMs);
  if (longest === undefined) return;
  const toleranceMs = Math.max(toleranceOf(account), toleranceOf(longest));
  // A limiter has forgotten what left the longer window, and drops what is too old for the new one.
  const spanMs = Math.min(account.perMs, longest.perMs);
  account.window = longest.window
    .filter((entry) => entry.at > at - spanMs - entry.toleranceMs)
    .map((entry) => ({ ...entry, low: entry.at > at - spanMs ? entry.low : 0, toleranceMs }));
}

/** Entries that are certainly in the window, and those that may be. */
export function windowUse(account: Account, at: number): { readonly low: number; readonly high: number } {
  let [low, high] = [0, 0];
  for (const entry of account.window) {
    if (entry.at > at - account.perMs) low += entry.low;
    if (entry.at > at - account.perMs - entry.toleranceMs) high += entry.high;
  }
  return { low, high };
}

/** The level of the bucket. */
export function levelAt(account: Account, at: number): number {
  leak(account, at);
  return account.level;
}

export function charge(accounts: Accounts, cost: number, isLimited: boolean, at: number): void {
  const { current } = accounts;
  if (current !== undefined) chargeAccount(current, cost, at, isLimited);
  accounts.earlier = accounts.earlier.filter((account) => mayBeOpen(account, at));
  for (const account of accounts.earlier) chargeAccount(account, cost, at, false);
}

function chargeAccount(account: Account, cost: number, at: number, isCurrent: boolean): void {
  leak(account, at);
  account.level += cost * account.perMs;
  if (!isCurrent) account.level = Math.min(account.level, account.burst * account.perMs);
  account.window.push({ at, low: cost, high: cost, toleranceMs: toleranceOf(account) });
}

/** Takes back what was counted at `admittedAt` under these limits, as if it had never been. */
export function refund(accounts: Accounts, limits: Limits, cost: number, admittedAt: number): void {
  const { current } = accounts;
  accounts.isLoose = true;
  if (current === undefined || limits.rate === undefined || !isSame(current, openAccount(limits, 0))) return;
  current.level = Math.max(0, current.level - cost * current.perMs);
  let left = cost;
  for (const entry of current.window) {
    if (entry.at < admittedAt) continue;
    const taken = Math.min(left, entry.low);
    entry.low -= taken;
    left -= taken;
  }
}

/** Adds a cost that is known only now; at most up to the limits unless `inFull`. */
export function surcharge(account: Account, cost: number, inFull: boolean, at: number): void {
  leak(account, at);
  const { low, high } = windowUse(account, at);
  if (inFull) {
    account.level += cost * account.perMs;
    account.window.push({ at, low: cost, high: cost, toleranceMs: toleranceOf(account) });
    return;
  }
  const capacity = account.burst * account.perMs;
  account.level = Math.max(account.level, Math.min(capacity, account.level + cost * account.perMs));
  account.window.push({
    at,
    low: Math.max(0, Math.min(cost, account.burst - high)),
    high: Math.max(0, Math.min(cost, account.burst - low)),
    toleranceMs: toleranceOf(account),
  });
}
