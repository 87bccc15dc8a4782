/** What fills first, of everything that is polled, as a list. */
import type { CapacityRow } from '../core/capacity.ts';
import { chanceText, dateText } from '../core/forecast/words.ts';
import { formatWith } from '../core/units.ts';
import type { Context } from './command.ts';
import { table } from './terminal.ts';

const DAYS = [30, 90, 180];
/** Each waits up to a minute: five thousand series take a few. */
const LOOKS_MAX = 20;

interface Listed {
  readonly items: readonly CapacityRow[];
  readonly nextCursor: string | null;
  readonly madeMs: number | null;
  readonly waiting: number;
}

/** Said to whoever waits. */
export const stillMade = (count: number): string => `${count} ${count === 1 ? 'forecast is' : 'forecasts are'} still being made.`;

/** From the server that runs, or made in this process from the data folder. @param filter what, site, tag, due */
export async function listForecasts(context: Context, filter: Readonly<Record<string, string>>): Promise<number> {
  const api = await context.api();
  const query = new URLSearchParams({ ...filter, wait: 'true', limit: '1000' });
  const ask = () => api.ask<Listed>({ method: 'GET', path: `/capacity?${query.toString()}` });
  let first = await ask();
  for (let look = 1; first.waiting > 0 && look < LOOKS_MAX; look++) {
    context.terminal.say(stillMade(first.waiting));
    first = await ask();
  }
  const items = first.nextCursor === null ? first.items : await api.all<CapacityRow>(`/capacity?${query.toString()}`);
  const { print } = context.terminal;
  if (context.json) print(JSON.stringify({ items, madeMs: first.madeMs, waiting: first.waiting }));
  else if (items.length === 0) print('Nothing that can fill is known: no filesystem, memory or busy link fits.');
  else
    print(
      table(
        ['WHERE', 'LEFT', ...DAYS.map((days) => `${days} DAYS`), 'REACHES LIMIT, 8 IN 10', 'ORDER BY', 'WHY NO DATE'],
        items.map(rowOf),
      ),
    );
  return 0;
}

function rowOf({ deviceName, name, headroom, limit, unit, chances, dates, orderByMs, says }: CapacityRow): string[] {
  const chanceIn = (days: number) => chances.find((one) => one.days === days)?.chance ?? null;
  const range =
    dates === null ? '–' : `${dateText(dates.lowMs)} to ${dates.highMs === null ? 'perhaps never' : dateText(dates.highMs)}`;
  return [
    `${deviceName} ${name}`,
    headroom === null ? '–' : `${formatWith(headroom, unit)} of ${formatWith(limit, unit)}`,
    ...DAYS.map((days) => chanceText(chanceIn(days))),
    range,
    orderByMs === null ? '–' : dateText(orderByMs),
    says,
  ];
}
