/**
 * What forecasts of what can fill go by, as a configuration file says it: a list of limits and lead times, or keys of which that
 * list is one. `says` finishes the sentence "must be …".
 */
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

const Limits = Type.Array(CapacityEntry, { maxItems: CAPACITY_ENTRIES_MAX });
export const CapacityPart = Type.Union([
  Limits,
  Type.Object(
    {
      limits: Type.Optional(Limits),
      report: Type.Optional(Type.Boolean({ says: 'true or false' })),
      nightly: Type.Optional(
        Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', says: 'a time of day from "00:00" to "23:59", in quotes' }),
      ),
    },
    { additionalProperties: false },
  ),
]);
export type CapacityPart = Static<typeof CapacityPart>;
