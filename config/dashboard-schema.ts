/** Everything that may stand in a dashboard's file. `says` finishes the sentence "must be …". */
import { Type, type Static, type TSchema } from 'typebox';
import { AGOS } from '../core/ago.ts';
import { THRESHOLDS_MAX } from '../core/dashboard.ts';
import type {} from './schema.ts';

const Opt = <T extends TSchema>(schema: T) => Type.Optional(schema);
const closed = { additionalProperties: false };
const Text = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, says: `a text of at most ${maxLength} characters; put it in quotes` });
const Pattern = Type.String({ maxLength: 255 });
const Patterns = Type.Union([Pattern, Type.Array(Pattern, { minItems: 1, maxItems: 64 })], {
  says: 'a text, or a list of at most 64 texts, such as "*uplink*" or [core, edge]; put numbers in quotes',
});
const Metric = Type.String({
  pattern: '^[a-z][a-z0-9]*\\.[a-z][a-z0-9_]*$',
  maxLength: 128,
  says: 'a metric such as interface.in_bps',
});
const Flag = Type.Boolean({ says: 'true or false' });
const Width = Type.Enum(['normal', 'wide'], { says: 'normal or wide' });

const condition = {
  kind: Opt(Patterns),
  site: Opt(Patterns),
  tag: Opt(Patterns),
  device: Opt(Patterns),
  name: Opt(Patterns),
  alias: Opt(Patterns),
};
const ConditionEntry = Type.Object(condition, closed);
export type ConditionEntry = Static<typeof ConditionEntry>;
export const SelectorEntry = Type.Object({ ...condition, not: Opt(ConditionEntry) }, closed);
export type SelectorEntry = Static<typeof SelectorEntry>;

const LineEntry = Type.Object(
  {
    metric: Metric,
    select: Opt(
      Type.Union([SelectorEntry, Type.Array(SelectorEntry, { minItems: 1, maxItems: 64 })], {
        says: 'a selector such as { site: Paris }, or a list of at most 64 of them',
      }),
    ),
    aggregate: Opt(Type.Enum(['each', 'sum', 'mean', 'max', 'min'], { says: 'each, sum, mean, max or min' })),
    label: Opt(Text(64)),
    mirror: Opt(Flag),
    per: Opt(Metric),
  },
  closed,
);

export const LINES_ENTRIES_MAX = 12;
export const LinesEntry = Type.Object(
  {
    title: Text(128),
    about: Opt(Text(255)),
    select: Opt(SelectorEntry),
    otherwise: Opt(SelectorEntry),
    lines: Type.Array(LineEntry, { maxItems: LINES_ENTRIES_MAX }),
    width: Opt(Width),
    stack: Opt(Flag),
    limit: Opt(
      Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Literal('capacity')], {
        says: 'a number above 0 in the unit of the lines, or capacity',
      }),
    ),
    thresholds: Opt(
      Type.Array(Type.Object({ value: Type.Number({ exclusiveMinimum: 0 }), label: Opt(Text(64)) }, closed), {
        maxItems: THRESHOLDS_MAX,
        says: `a list of at most ${THRESHOLDS_MAX} values above 0, such as [{ value: 200e6, label: contract }]`,
      }),
    ),
    p95: Opt(Flag),
    band: Opt(Flag),
    events: Opt(Flag),
    compare: Opt(Type.Enum([...AGOS], { says: `${AGOS.slice(0, -1).join(', ')} or ${AGOS.at(-1)}` })),
    difference: Opt(Flag),
    greatest: Opt(Type.Enum(['average', 'current', 'maximum'], { says: 'average, current or maximum' })),
  },
  closed,
);
export type LinesEntry = Static<typeof LinesEntry>;

export const RepeatEntry = Type.Object(
  { repeat: Text(64), graph: Opt(Text(64)), select: Opt(SelectorEntry), width: Opt(Width) },
  closed,
);
export type RepeatEntry = Static<typeof RepeatEntry>;

/** The frame of a file; each graph is checked on its own, so that a bad one leaves the others. */
export const DashboardFile = Type.Object(
  { title: Text(128), about: Opt(Text(512)), graphs: Type.Array(Type.Unknown(), { maxItems: 100 }) },
  closed,
);
export type DashboardFile = Static<typeof DashboardFile>;
