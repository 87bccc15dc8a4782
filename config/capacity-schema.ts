/** Limits and lead times of what can fill, as a configuration file says them. `says` finishes the sentence "must be …". */
import { Type, type Static } from 'typebox';
import { CAPACITY_KINDS } from '../core/capacity.ts';
import { SelectorEntry } from './dashboard-schema.ts';

export const CAPACITY_ENTRIES_MAX = 200;
export const LEAD_DAYS_MAX = 1_000;

export const CapacityEntry = Type.Object(
  {
    what: Type.Optional(Type.Enum([...CAPACITY_KINDS], { says: 'disk, memory or link' })),
    select: Type.Optional(SelectorEntry),
    limit: Type.Optional(
      Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.String({ pattern: '^\\d{1,3}(\\.\\d+)? ?%$' })], {
        says: 'a share of the size or speed such as 90%, or a number in bytes or bits a second such as 800e6',
      }),
    ),
    leadDays: Type.Optional(
      Type.Integer({ minimum: 0, maximum: LEAD_DAYS_MAX, says: `a number of days from 0 to ${LEAD_DAYS_MAX}` }),
    ),
  },
  { additionalProperties: false },
);
export type CapacityEntry = Static<typeof CapacityEntry>;
