import { assignPacing, countCapped, settlePacing, startPacing } from "./pacing.ts";
import { isSamePace, type Pace } from "./rules.ts";
import { EarlierPacing, MAX_EARLIER_PACES, type SubjectState } from "./subject.ts";

/**
 * Makes `pace` the current one of a subject whose limits changed. The earlier pace is kept for as long as what was admitted under
 * it matters, so that no sequence of changes gives a fresh count (G11).
 */
export function changePace(state: SubjectState, pace: Pace, at: number): void {
  const current = state.pace;
  if (current === undefined || isSamePace(current, pace)) {
    if (current === undefined) state.levelAt = at;
    state.pace = pace;
    return;
  }
  settlePacing(state, current, at);
  const earlier = [new EarlierPacing(state, current, at), ...(state.earlierPaces ?? [])].filter(
    ({ closesAt }) => closesAt > at,
  );
  for (const each of earlier) settlePacing(each, each.pace, at);
  const index = earlier.findIndex((each) => isSamePace(each.pace, pace));
  const [earlierPace] = index < 0 ? [] : earlier.splice(index, 1);
  if (earlierPace === undefined) startPacing(state, pace, earlier, at);
  else assignPacing(state, earlierPace);
  state.pace = pace;
  state.earlierPaces = earlier.length === 0 ? undefined : earlier.slice(0, MAX_EARLIER_PACES);
}

/**
 * Counts an admitted cost under the earlier paces too, at most up to their own capacity: what other limits allowed is not held
 * against them.
 */
export function countEarlierPaces(state: SubjectState, cost: number, at: number): void {
  if (state.earlierPaces === undefined) return;
  const open = state.earlierPaces.filter(({ closesAt }) => closesAt > at);
  for (const each of open) {
    const { pace } = each;
    settlePacing(each, pace, at);
    countCapped(each, pace, cost, at);
  }
  state.earlierPaces = open.length === 0 ? undefined : open;
}
