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
/** The last percents, and the share beyond which single values are too few to count: so many values, or this share. */
const TAIL = 0.02;
const FAR_VALUES = 8;
const FAR_LEAST = 0.002;
/** Tails of traffic and load are heavier than exponential (shape 0); a shape of one's own needs more values than there are. */
const SHAPE = 0.25;

export interface TailState {
  readonly bins: number[];
  total: number;
  /** Weight of the next value: grows instead of all bins shrinking. */
  weight: number;
  /** Edges of the last percents, and of what is too rare to count, below and above; computed now and then. */
  edges: [number, number];
  far: [number, number];
  farShare: number;
  /** Mean excess over the far edges. */
  excess: [number, number];
}

export function emptyTail(): TailState {
  return {
    bins: Array.from({ length: BINS }, () => 0),
    total: 0,
    weight: 1,
    edges: [-3, 3],
    far: [-3, 3],
    farShare: TAIL,
    excess: [0.5, 0.5],
  };
}

export function copyTail(state: TailState): TailState {
  const { bins, edges, far, excess, ...rest } = state;
  return { ...rest, bins: [...bins], edges: [...edges], far: [...far], excess: [...excess] };
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
  const { far, farShare, excess } = state;
  if (share > 1 - farShare) return far[1] + excess[1] * beyond(farShare / Math.max(1e-12, 1 - share));
  if (share < farShare) return far[0] - excess[0] * beyond(farShare / Math.max(1e-12, share));
  return counted(state, share);
}

/** Mean excesses beyond the edge at which one of so many is left. The mean of the law is scale / (1 − shape). */
const beyond = (times: number): number => ((times ** SHAPE - 1) / SHAPE) * (1 - SHAPE);
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
  state.farShare = Math.min(TAIL, Math.max(FAR_LEAST, FAR_VALUES / held));
  const low = counted(state, state.farShare);
  const high = counted(state, 1 - state.farShare);
  const excess: [number, number] = [0, 0];
  for (let i = 0; i < BINS; i++) {
    const amount = (state.bins[i] ?? 0) / state.weight;
    const middle = edgeOf(i);
    if (middle > high) excess[1] += amount * (middle - high);
    if (middle < low) excess[0] += amount * (low - middle);
  }
  // While few values are known the tail is held to be wide, as if some had been seen to be a third of its edge beyond it.
  const expected = state.farShare * held;
  const mean = (sum: number, edge: number) => (sum + 3 * Math.max(0.3, Math.abs(edge) / 3)) / (expected + 3);
  state.edges = [counted(state, TAIL), counted(state, 1 - TAIL)];
  state.far = [low, high];
  state.excess = [mean(excess[0], low), mean(excess[1], high)];
}

/** −log10 of the share of past values at least as far to this side. */
export function surprise(state: TailState, z: number): number {
  const side = z >= 0 ? 1 : 0;
  const size = Math.abs(z);
  const edge = Math.max(1e-9, side === 1 ? state.edges[1] : -state.edges[0]);
  const far = Math.max(edge, side === 1 ? state.far[1] : -state.far[0]);
  const [logEdge, logFar] = [-Math.log10(TAIL), -Math.log10(state.farShare)];
  if (size > far) return logFar + lost((size - far) / state.excess[side]);
  if (size > edge) return logEdge + ((logFar - logEdge) * (size - edge)) / Math.max(far - edge, 1e-9);
  // Inside, a straight line to the edge: nobody asks how usual the usual is.
  return (logEdge * size) / edge;
}
