/**
 * How often something as far off as this has been seen: a histogram of a statistic's past values that forgets slowly,
 * with a generalised Pareto tail beyond its last percents (peaks over a threshold: Pickands 1975). The tail is fitted to
 * what is rare, not to what is rarest: the very largest values, which earlier incidents may have brought, only count as
 * beyond an edge. Each value is judged before it is learnt, so the share it gets is that of held-out values: a conformal
 * p-value (Vovk, Gammerman and Shafer 2005), approximate because the histogram forgets.
 */

/** Bins to either side of zero; the width grows with the distance. */
const HALF = 60;
const BINS = 2 * HALF + 1;
/** Bins a unit near zero. */
const FINENESS = 14;
/** Share of values in each tail: so much, or so many values while there are few. */
const TAIL = 0.05;
const TAIL_VALUES = 40;
const TAIL_MOST = 0.25;
/** A wider tail says how scale grows with distance; in the rarest tenth of a tail values only count as beyond. */
const WIDER = 3;
const RAREST = 1 / 10;
/** What is believed of the shape before values speak, for as much as so many of them, and the limits of what is believed: never lighter than exponential. */
const SHAPE = 0.1;
const SHAPE_VALUES = 20;
const SHAPE_LEAST = 0;
const SHAPE_MOST = 0.6;
/** Shape of a tail that is held to be heavy whatever was seen. */
export const HEAVY = 0.25;
/** Values, each a third of its edge beyond it, that are believed in before any is seen. */
const SCALE_VALUES = 3;

export interface TailState {
  readonly bins: number[];
  total: number;
  /** Weight of the next value: grows instead of all bins shrinking. */
  weight: number;
  /** Share of values beyond each edge; edges below and above, scale and shape of what is beyond: computed now and then. */
  share: number;
  edges: [number, number];
  scales: [number, number];
  shapes: [number, number];
}

export function emptyTail(): TailState {
  return {
    bins: Array.from({ length: BINS }, () => 0),
    total: 0,
    weight: 1,
    share: TAIL_MOST,
    edges: [-3, 3],
    scales: [1, 1],
    shapes: [SHAPE, SHAPE],
  };
}

export function copyTail(state: TailState): TailState {
  const { bins, edges, scales, shapes, ...rest } = state;
  return { ...rest, bins: [...bins], edges: [...edges], scales: [...scales], shapes: [...shapes] };
}

/** Where the last bins begin: further off is not told apart in the past, only in what is judged. */
const binOf = (z: number): number => Math.max(0, Math.min(BINS - 1, HALF + Math.round(Math.asinh(z) * FINENESS)));
const edgeOf = (position: number): number => Math.sinh((position - HALF) / FINENESS);

/** @param memory how many values it remembers; @param share 0–1, how much this one counts */
export function learnTail(state: TailState, z: number, memory: number, share: number): void {
  const amount = state.weight * share;
  const bin = binOf(z);
  state.bins[bin] = (state.bins[bin] ?? 0) + amount;
  state.total += amount;
  state.weight *= 1 + 1 / memory;
  if (state.weight < 1e9) return;
  for (let i = 0; i < BINS; i++) state.bins[i] = (state.bins[i] ?? 0) / state.weight;
  state.total /= state.weight;
  state.weight = 1;
}

/** How many values of today's weight it holds. */
export const heldBy = (state: TailState): number => state.total / state.weight;

/** The value below which a share of the past lies; beyond what can be counted by the tail. */
export function quantileOf(state: TailState, share: number): number {
  const { edges, scales, shapes } = state;
  if (share > 1 - state.share) return edges[1] + scales[1] * beyond(state.share / Math.max(1e-12, 1 - share), shapes[1]);
  if (share < state.share) return edges[0] - scales[0] * beyond(state.share / Math.max(1e-12, share), shapes[0]);
  return counted(state, share);
}

const STRAIGHT = 1e-6;
/** Scales beyond the edge at which one of so many is left. */
const beyond = (times: number, shape: number): number =>
  Math.abs(shape) < STRAIGHT ? Math.log(times) : (times ** shape - 1) / shape;
/** Powers of ten that so many scales take off. */
const lost = (scales: number, shape: number): number =>
  Math.abs(shape) < STRAIGHT ? scales / Math.LN10 : Math.log10(Math.max(1e-9, 1 + shape * scales)) / shape;

function counted(state: TailState, share: number): number {
  const target = share * state.total;
  let sum = 0;
  for (let i = 0; i < BINS; i++) {
    const amount = state.bins[i] ?? 0;
    if (sum + amount >= target && amount > 0) return edgeOf(i - 0.5 + (target - sum) / amount);
    sum += amount;
  }
  return edgeOf(BINS - 0.5);
}

/** Computes the tails anew; some thousand additions, so not for every sample. */
export function settleTail(state: TailState): void {
  const held = heldBy(state);
  if (held < 8) return;
  state.share = Math.min(TAIL_MOST, Math.max(TAIL, TAIL_VALUES / held));
  const wide = Math.min(0.4, WIDER * state.share);
  const at = (side: 0 | 1, share: number) => (side === 1 ? counted(state, 1 - share) : -counted(state, share));
  for (const side of [0, 1] as const) {
    const edge = at(side, state.share);
    const own = scaleOf(state, side, edge, at(side, state.share * RAREST));
    const first = at(side, wide);
    const before = scaleOf(state, side, first, edge);
    const size = Math.max(0.3, Math.abs(edge) / 3);
    const scale = (own.sum + SCALE_VALUES * size) / (own.count + SCALE_VALUES);
    // The scale of a Pareto tail grows evenly with the distance: by its shape.
    const grows = before.count > 0 && own.count > 0 && edge - first > 1e-9;
    const shape = grows ? (own.sum / own.count - before.sum / before.count) / (edge - first) : SHAPE;
    const bounded = Math.max(-0.5, Math.min(1.5, shape));
    const believed = (own.count * bounded + SHAPE_VALUES * SHAPE) / (own.count + SHAPE_VALUES);
    state.edges[side] = side === 1 ? edge : -edge;
    state.scales[side] = scale;
    state.shapes[side] = Math.max(SHAPE_LEAST, Math.min(SHAPE_MOST, believed));
  }
}

/** Distances beyond an edge, those beyond a second one cut there; the scale is their sum over the number of those that are not cut. */
function scaleOf(state: TailState, side: 0 | 1, edge: number, cut: number): { sum: number; count: number } {
  let [sum, count] = [0, 0];
  for (let k = 1; k <= HALF; k++) {
    const amount = state.bins[side === 1 ? HALF + k : HALF - k] ?? 0;
    const middle = edgeOf(HALF + k);
    if (amount === 0 || middle <= edge) continue;
    sum += amount * (Math.min(middle, cut) - edge);
    if (middle <= cut) count += amount;
  }
  return { sum: Math.max(0, sum) / state.weight, count: count / state.weight };
}

/** −log10 of the share of past values at least as far to this side. @param least the tail is held to be no lighter than this shape */
export function surprise(state: TailState, z: number, least = SHAPE_LEAST): number {
  const side = z >= 0 ? 1 : 0;
  const size = Math.abs(z);
  const edge = Math.max(1e-9, side === 1 ? state.edges[1] : -state.edges[0]);
  const logEdge = -Math.log10(state.share);
  if (size > edge) return logEdge + lost((size - edge) / Math.max(1e-9, state.scales[side]), Math.max(least, state.shapes[side]));
  // Inside, a straight line to the edge: nobody asks how usual the usual is.
  return (logEdge * size) / edge;
}
