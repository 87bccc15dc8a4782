/** Quiet windows as the API gives them. */
import { Type, type Static } from 'typebox';

export const QuietView = Type.Object({
  zone: Type.String(),
  hours: Type.Integer({ description: 'Length of a window.' }),
  /** What was looked at. */
  series: Type.Array(Type.Object({ series: Type.String(), name: Type.String(), unit: Type.String() })),
  windows: Type.Array(
    Type.Object({
      start: Type.Integer({ description: 'Hour of the week, 0 = Monday 00:00 by the clocks of the zone.' }),
      words: Type.String(),
      load: Type.Number({ description: 'What to expect, as a share of the busiest hour of the week.' }),
      held: Type.Integer({ description: 'Weeks in which it stayed as quiet, of `ofWeeks`.' }),
      ofWeeks: Type.Integer(),
      cron: Type.String({ description: 'Minute, hour, day, month, weekday.' }),
      series: Type.Array(Type.Object({ name: Type.String(), usual: Type.Number(), upper: Type.Number() })),
    }),
  ),
  week: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
    description: 'Load of each of the 168 hours, as `load` has it; null = unknown.',
  }),
  notes: Type.Array(Type.String()),
});
export type QuietView = Static<typeof QuietView>;
