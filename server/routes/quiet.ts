/** When in the week a job disturbs least, as JSON and as a calendar. */
import { Type } from 'typebox';
import { isZone } from '../../core/habit-clock.ts';
import { LONGEST_HOURS } from '../../core/quiet.ts';
import { cronTime, icsText } from '../../core/quiet-calendar.ts';
import { QuietView } from '../../core/quiet-view.ts';
import { problems, textAnswer } from '../openapi.ts';
import type { App, RouteDeps } from '../parts.ts';
import { badRequest, quoted } from '../problem.ts';
import { findQuiet, PICKS_MAX, SERIES_MAX, type QuietRequest } from '../quiet.ts';

const tags = ['quiet windows'];
const Query = Type.Object(
  {
    of: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
        maxItems: PICKS_MAX,
        description: 'What the job disturbs: ids of devices, or device/instance of a port. May be given several times.',
      }),
    ),
    series: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 600 }), {
        maxItems: SERIES_MAX,
        description: 'Series that rest when they are low: device/instance/metric with ids or names. May be given several times.',
      }),
    ),
    hours: Type.Optional(
      Type.Integer({ minimum: 1, maximum: LONGEST_HOURS, description: 'How long the job takes; 3 unless told.' }),
    ),
    night: Type.Optional(Type.Boolean({ description: 'At night if possible, 22:00 to 06:00.' })),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 168, description: 'Windows at most; 5 unless told.' })),
    zone: Type.Optional(Type.String({ maxLength: 64, description: "IANA name; the server's unless told." })),
  },
  { additionalProperties: false },
);
const IcsQuery = Type.Object(
  {
    ...Query.properties,
    start: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 167, description: 'Hour of the week of the window; the best one unless told.' }),
    ),
  },
  { additionalProperties: false },
);
interface Asked {
  readonly of?: readonly string[];
  readonly series?: readonly string[];
  readonly hours?: number;
  readonly night?: boolean;
  readonly count?: number;
  readonly zone?: string;
  readonly start?: number;
}

export async function quietRoutes(app: App, { history, inventory, catalog, clock, config }: RouteDeps): Promise<void> {
  const deps = { history, inventory, catalog, clock };
  const wanted = ({ of = [], series = [], hours = 3, night = false, count = 5, zone = config.zone }: Asked): QuietRequest => {
    if (!isZone(zone)) throw badRequest(`${quoted(zone)} is not a time zone: give a name such as Europe/Paris or UTC.`);
    return { of, named: series, hours, night, count, zone };
  };

  app.get(
    '/quiet',
    {
      schema: {
        operationId: 'findQuietWindows',
        summary: 'Weekly windows in which a job disturbs least, the quietest first',
        tags,
        querystring: Query,
        response: { 200: QuietView, ...problems },
      },
    },
    async ({ query }) => {
      const request = wanted(query);
      const { series, windows, week, notes } = await findQuiet(deps, request);
      return {
        zone: request.zone,
        hours: request.hours,
        series: series.map((one) => ({ ...one })),
        windows: windows.map(({ startHourOfWeek, lengthHours: _, series: loads, ...window }) => ({
          ...{ ...window, start: startHourOfWeek, series: loads.map((one) => ({ ...one })) },
          cron: cronTime({ ...window, startHourOfWeek, lengthHours: request.hours, series: loads }),
        })),
        week: week.map((load) => (Number.isNaN(load) ? null : load)),
        notes: [...notes],
      };
    },
  );

  app.get(
    '/quiet.ics',
    {
      schema: {
        operationId: 'readQuietCalendar',
        summary: 'A quiet window as a weekly event of a calendar',
        tags,
        querystring: IcsQuery,
        response: { 200: textAnswer('The calendar', 'text/calendar'), ...problems },
      },
    },
    async ({ query }, reply) => {
      const request = wanted(query);
      const { windows, series } = await findQuiet(deps, { ...request, count: 168 });
      const window =
        query.start === undefined ? windows[0] : windows.find(({ startHourOfWeek }) => startHourOfWeek === query.start);
      if (!window) throw badRequest('There is no such window: ask for /api/v1/quiet first, and give one of its starts.');
      const of = series.slice(0, 3).map(({ name }) => name);
      const more = series.length > of.length ? ` and ${series.length - of.length} more` : '';
      return reply
        .type('text/calendar; charset=utf-8')
        .header('content-disposition', 'attachment; filename="quiet-window.ics"')
        .send(icsText(window, request.zone, clock.nowMs(), `Quiet window: ${of.join(', ')}${more}`));
    },
  );
}
