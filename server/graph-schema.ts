/** `GraphData` of core/graph.ts as a schema, for the API's description. */
import { Type } from 'typebox';
import { AGOS } from '../core/ago.ts';
import type { GraphData } from '../core/graph.ts';

const Value = Type.Union([Type.Number(), Type.Null()]);
const Values = Type.Array(Value);

const Stats = Type.Object({
  current: Value,
  average: Value,
  minimum: Value,
  maximum: Value,
  maximumAtMs: Value,
  p95: Value,
  p95From: Type.String(),
  total: Value,
  known: Type.Number(),
});
const Limit = Type.Object({
  label: Type.String(),
  steps: Type.Array(Type.Object({ fromMs: Type.Number(), value: Type.Number() })),
});
const Crossing = Type.Union([Type.Object({ lowMs: Type.Number(), medianMs: Type.Number(), highMs: Value }), Type.Null()]);
const Paths = Type.Array(Type.Array(Type.Number()), {
  description: 'The 2.5, 10, 25, 50, 75, 90 and 97.5 % quantiles, each with a value for each slot of the future.',
});
const Future = Type.Object(
  {
    fromMs: Type.Number(),
    nowMs: Type.Number(),
    slot: Type.Integer({ description: 'The first slot of the future.' }),
    level: Value,
    values: Paths,
    limit: Type.Union([Limit, Type.Null()]),
    crossing: Crossing,
    orderByMs: Value,
    found: Type.Array(
      Type.Object({
        what: Type.Enum(['clean-up', 'step', 'outlier']),
        tMs: Type.Number(),
        value: Type.Number(),
        title: Type.String(),
        detail: Type.String(),
      }),
    ),
    scenarios: Type.Array(
      Type.Object({
        key: Type.String(),
        label: Type.String(),
        role: Type.String(),
        limit: Type.Union([Limit, Type.Null()]),
        values: Type.Union([Paths, Type.Null()]),
        crossing: Crossing,
        orderByMs: Value,
        says: Type.String(),
      }),
    ),
    says: Type.String(),
  },
  { description: 'Of a graph of a forecast: what may come.' },
);
const Line = Type.Object({
  series: Type.String(),
  label: Type.String(),
  role: Type.Enum(['in', 'out', 's1', 's2', 's3', 's4', 's5', 'past']),
  below: Type.Boolean(),
  fill: Type.Boolean(),
  mean: Values,
  min: Values,
  max: Values,
  habit: Type.Optional(
    Type.Object(
      { low: Values, high: Values },
      { description: 'What 95 % of five-minute means keep to at the hour of each slot, as learnt by now.' },
    ),
  ),
  stats: Stats,
  members: Type.Integer(),
  bound: Type.Object({ maximum: Type.Boolean(), minimum: Type.Boolean() }),
  before: Type.Optional(
    Type.Object(
      { ago: Type.Enum([...AGOS]), fromMs: Type.Number(), toMs: Type.Number(), change: Value },
      {
        description: 'Of a line of the range before: which range, and how the average changed since (0.12 = 12 % more).',
      },
    ),
  ),
});

export const GraphView = Type.Unsafe<GraphData>(
  Type.Object({
    id: Type.String(),
    title: Type.String(),
    device: Type.Optional(Type.String({ description: 'Name of the device it is of; absent where there is no one device.' })),
    subtitle: Type.String(),
    unit: Type.String(),
    fromMs: Type.Number(),
    toMs: Type.Number(),
    stepMs: Type.Number(),
    tier: Type.Enum(['raw', '5m', '1h', '1d']),
    zone: Type.String(),
    tMs: Type.Array(Type.Number()),
    lines: Type.Array(Line),
    gaps: Type.Array(
      Type.Object({
        fromMs: Type.Number(),
        toMs: Type.Number(),
        cause: Type.Union([Type.String(), Type.Null()]),
        text: Type.String(),
      }),
    ),
    partial: Type.Array(Type.Object({ fromMs: Type.Number(), toMs: Type.Number(), text: Type.String() })),
    habit: Type.Optional(
      Type.String({ description: 'What is usual at this hour of this weekday, and what is; with `habit=true`.' }),
    ),
    events: Type.Optional(
      Type.Array(Type.Object({ tMs: Type.Number(), text: Type.String() }), {
        description: 'What happened to the devices in the range, such as restarts and changes; oldest first.',
      }),
    ),
    moreEvents: Type.Optional(
      Type.String({ description: 'Where not all events have a mark: how many came before them; else empty.' }),
    ),
    stack: Type.Boolean(),
    drawn: Type.Optional(
      Type.Object(
        { p95: Type.Boolean(), band: Type.Union([Type.Boolean(), Type.Null()]), events: Type.Boolean() },
        {
          description:
            'Whether the 95th, the band of extremes and the marks of events are wanted; band null = where there are two lines at most.',
        },
      ),
    ),
    devices: Type.Array(Type.String()),
    note: Type.String(),
    limits: Type.Array(Type.Object({ label: Type.String(), value: Type.Number() })),
    y: Type.Object({
      min: Type.Number(),
      max: Type.Number(),
      ticks: Type.Array(Type.Object({ value: Type.Number(), label: Type.String() })),
    }),
    x: Type.Object({ ticks: Type.Array(Type.Object({ tMs: Type.Number(), label: Type.String(), major: Type.Boolean() })) }),
    newestMs: Value,
    oldestMs: Value,
    about: Type.String(),
    future: Type.Optional(Future),
  }),
);
