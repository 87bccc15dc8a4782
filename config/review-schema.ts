/** A review that is made by itself, as a configuration file says it. `says` finishes the sentence "must be …". */
import { Type, type Static } from 'typebox';
import { SelectorEntry } from './dashboard-schema.ts';

export const REVIEW_ENTRIES_MAX = 50;
export const KEEP_MAX = 120;
const Metric = Type.String({ pattern: '^[a-z][a-z0-9]*\\.[a-z][a-z0-9_]*$', maxLength: 128 });

export const ReviewEntry = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 128, says: 'a text of at most 128 characters; put it in quotes' }),
    every: Type.Enum(['week', 'month'], { says: 'week or month' }),
    select: Type.Optional(SelectorEntry),
    metric: Type.Optional(
      Type.Union([Metric, Type.Array(Metric, { minItems: 1, maxItems: 4 })], {
        says: 'a metric such as disk.used_bytes, or a list of at most 4 of one unit',
      }),
    ),
    zone: Type.Optional(Type.String({ minLength: 1, maxLength: 64, says: 'a time zone such as Europe/Paris or UTC' })),
    keep: Type.Optional(Type.Integer({ minimum: 1, maximum: KEEP_MAX, says: `a number from 1 to ${KEEP_MAX}` })),
  },
  { additionalProperties: false },
);
export type ReviewEntry = Static<typeof ReviewEntry>;
