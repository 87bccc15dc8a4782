/**
 * How often something as far off as this has been seen: a histogram of a statistic's past values that forgets slowly,
 * with a generalised Pareto tail beyond its last percents (peaks over a threshold: Pickands 1975; the shape is fixed). Each value is
 * judged before it is learnt, so the share it gets is that of held-out values: a conformal p-value
 * (Vovk, Gammerman and Shafer 2005), approximate because the histogram forgets.
 */

/** Bins to either side of zero; the width grows with the distance. */
const HALF = 80;
const BINS = 2 * HALF + 1;
/** Bins a unit near zero. */
const FINENESS = 12;
/** The share beyond which single values are too few to count. */
const TAIL = 0.02;
/** Tails of traffic and load are heavier than exponential (shape 0); a shape of one's own needs more values than there are. */
const SHAPE = 0.25;

export interface TailState {
  readonly bins: number[];
  total: number;
  /** Weight of the next value: grows instead of all bins shrinking. */
  weight: number;
  /** Edges of the tails and mean excess over them, below and above; computed now and then. */
  edges: [number, number];
  excess: [number, number];
}

export function emptyTail(): TailState {
  return { bins: Array.from({ length: BINS }, () => 0), total: 0, weight: 1, edges: [-3, 3], excess: [0.5, 0.5] };
}

export function copyTail(state: TailState): TailState {
  const { bins, edges, excess, ...rest } = state;
  return { ...rest, bins: [...bins], edges: [...edges], excess: [...excess] };
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

/** The value below which a share of the past lies; beyond the last percents by the tail. */
export function quantileOf(state: TailState, share: number): number {
  if (share > 1 - TAIL) return state.edges[1] + state.excess[1] * beyond(1 - share);
  if (share < TAIL) return state.edges[0] - state.excess[0] * beyond(share);
  return counted(state, share);
}

/** Mean excesses beyond the edge at which so small a share is left. The mean of the law is scale / (1 − shape). */
const beyond = (share: number): number => (((TAIL / Math.max(1e-12, share)) ** SHAPE - 1) / SHAPE) * (1 - SHAPE);
/** Powers of ten that so many mean excesses take off. */
const lost = (excesses: number): number => Math.log10(1 + (SHAPE * excesses) / (1 - SHAPE)) / SHAPE;

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

/** Computes edges and excess anew; a few hundred additions, so not for every sample. */
export function settleTail(state: TailState): void {
  const held = heldBy(state);
  if (held < 8) return;
  const low = counted(state, TAIL);
  const high = counted(state, 1 - TAIL);
  const excess: [number, number] = [0, 0];
  for (let i = 0; i < BINS; i++) {
    const amount = (state.bins[i] ?? 0) / state.weight;
    const middle = edgeOf(i);
    if (middle > high) excess[1] += amount * (middle - high);
    if (middle < low) excess[0] += amount * (low - middle);
  }
  // While few values are known the tail is held to be wide, as if five had been seen to be one third of its edge beyond it.
  const expected = TAIL * held;
  const mean = (sum: number, edge: number) => (sum + 3 * Math.max(0.3, Math.abs(edge) / 3)) / (expected + 3);
  state.edges = [low, high];
  state.excess = [mean(excess[0], low), mean(excess[1], high)];
}

/** −log10 of the share of past values at least as far to this side; 0.3 or less is the usual half. */
export function surprise(state: TailState, z: number): number {
  const [low, high] = state.edges;
  const logTail = -Math.log10(TAIL);
  if (z >= high) return logTail + lost((z - high) / state.excess[1]);
  if (z <= low) return logTail + lost((low - z) / state.excess[0]);
  // Inside, a straight line to either edge: nobody asks how usual the usual is.
  return logTail * (z >= 0 ? z / Math.max(high, 1e-9) : z / Math.min(low, -1e-9));
}
