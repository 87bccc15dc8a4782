/** A trend review as the API gives it, as it is kept, and as page, print, PDF and CSV show it. */
import { Type, type Static, type TSchema } from 'typebox';
import { UNITS } from './model.ts';
import { REVIEW_PERIODS } from './review.ts';

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Figure = Nullable(Type.Number());

export const ReviewFiguresView = Type.Object({
  mean: Figure,
  p95: Figure,
  p95Hourly: Figure,
  /** Of means this long; 0 when there is none. */
  p95StepMs: Type.Integer(),
  peak: Figure,
  peakAtMs: Figure,
  /** Clock hour in the review's zone, 0–23. */
  busyHour: Nullable(Type.Integer()),
  busyHourMean: Figure,
  /** In `totalUnit`. */
  total: Figure,
  /** Share of the period, 0–1. */
  known: Type.Number(),
});

const ChangeView = Type.Object({
  /** 0.12 = 12 % more; null where nothing can be said. */
  ratio: Figure,
  /** Why nothing is said; '' where something is. */
  reason: Type.String(),
});
const ChangesView = Type.Object({ mean: ChangeView, p95: ChangeView, peak: ChangeView, total: ChangeView });

export const ReviewSpanView = Type.Object({
  key: Type.Enum(['current', 'before', 'yearBefore']),
  role: Type.String(),
  name: Type.String(),
  /** From when to when, in words. */
  words: Type.String(),
  fromMs: Type.Number(),
  toMs: Type.Number(),
  endMs: Type.Number(),
});

export const ReviewRowView = Type.Object({
  device: Type.String(),
  deviceName: Type.String(),
  site: Type.String(),
  instance: Type.String(),
  name: Type.String(),
  alias: Type.String(),
  metric: Type.String(),
  /** Id of its graph; null where no graph shows it. */
  graph: Nullable(Type.String()),
  /** One for each span, in their order. */
  figures: Type.Array(ReviewFiguresView),
  /** Since each earlier span, in their order. */
  changes: Type.Array(ChangesView),
});
export type ReviewRowView = Static<typeof ReviewRowView>;

export const ReviewView = Type.Object({
  title: Type.String(),
  period: Type.Enum([...REVIEW_PERIODS]),
  zone: Type.String(),
  running: Type.Boolean(),
  /** Begun for an hour at least. */
  begun: Type.Boolean(),
  madeMs: Type.Number(),
  metrics: Type.Array(Type.String()),
  /** What was selected, in words; '' = everything that has the metric. */
  selected: Type.String(),
  unit: Type.Enum([...UNITS]),
  /** Null: a sum over time means nothing in this unit. */
  totalUnit: Nullable(Type.Enum([...UNITS])),
  spans: Type.Array(ReviewSpanView),
  rows: Type.Array(ReviewRowView),
  /** Series that were selected; more than there are rows when some were left out. */
  matched: Type.Integer(),
  /** Sentences that whoever reads the figures must know. */
  notes: Type.Array(Type.String()),
});
export type ReviewView = Static<typeof ReviewView>;

/** A report that is kept. */
export const KeptReview = Type.Object({
  id: Type.String(),
  title: Type.String(),
  period: Type.Enum([...REVIEW_PERIODS]),
  /** Name of the reviewed period. */
  name: Type.String(),
  fromMs: Type.Number(),
  madeMs: Type.Number(),
  series: Type.Integer(),
});
export type KeptReview = Static<typeof KeptReview>;
