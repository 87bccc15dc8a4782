/** What if: scenarios as text, and what they make of a forecast. */
import { describe, expect, it } from 'vitest';
import { bySoonest, type CapacityRow, type WholeForecast } from '../../core/capacity.ts';
import { takenAlong } from '../../core/machine-move.ts';
import {
  answerWords,
  applyScenario,
  AS_IS,
  orderWords,
  parseAmount,
  parseScenario,
  scenarioText,
  scenarioWords,
  type Scenario,
} from '../../core/what-if.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 17);
const TIB = 2 ** 40;

/** 30 TiB, 0.1 TiB more each day, a limit of 40 TiB: reached in 100 days. */
function whole(): WholeForecast {
  const steps = Array.from({ length: 700 }, (_, i) => {
    const middle = (30 + 0.1 * (i + 1)) * TIB;
    return { tMs: NOW_MS + (i + 1) * DAY_MS, quantiles: [-2, -1.3, -0.7, 0, 0.7, 1.3, 2].map((z) => middle + z * TIB) };
  });
  return {
    ...{ series: 'a/b/disk.used_bytes', device: 'a', deviceName: 'nas', deviceKind: 'storage', site: '', tags: [] },
    ...{ instance: 'b', name: '/srv', what: 'disk', metric: 'disk.used_bytes', unit: 'bytes', kind: 'stock' },
    ...{ level: 30 * TIB, limit: 40 * TIB, limitFrom: 'size', headroom: 10 * TIB, growthPerMonth: null },
    chances: [30, 90, 180].map((days) => ({ days, chance: days > 100 ? 1 : 0 })),
    dates: { lowMs: NOW_MS + 87 * DAY_MS, medianMs: NOW_MS + 100 * DAY_MS, highMs: NOW_MS + 113 * DAY_MS },
    ...{ leadDays: 28, orderByMs: NOW_MS + 59 * DAY_MS, record: null, said: null, says: '', madeMs: NOW_MS },
    ...{ history: { tMs: [], values: [] }, stepMs: DAY_MS, fromMs: NOW_MS, steps, decisions: [], reasons: [], backtest: null },
    limitSteps: [{ fromMs: 0, limit: 40 * TIB }],
  };
}
const given = whole();
const under = (text: string) => {
  const scenario = parseScenario(text);
  if ('error' in scenario) throw new Error(scenario.error);
  return applyScenario(given, scenario, NOW_MS);
};
const daysUntil = (made: WholeForecast) => made.dates && (made.dates.medianMs - NOW_MS) / DAY_MS;

describe('a scenario', () => {
  it('as things stand changes nothing', () => {
    const made = applyScenario(given, AS_IS, NOW_MS);
    expect(made.steps).toEqual(given.steps);
    expect(daysUntil(made)).toBeCloseTo(100, 6);
    expect((made.dates?.lowMs ?? 0) / DAY_MS).toBeCloseTo((given.dates?.lowMs ?? 0) / DAY_MS, 0);
  });
  it.each([
    ['growth=x2', 50],
    ['growth=x0.5', 200],
    ['add=10TiB@2027-01-15', 200],
    ['load=5TiB', 50],
    ['load=-5TiB', 150],
    ['limit=90%', 60],
    // What 800 need, 80 more need a tenth of: 33 TiB today, 0.11 a day.
    ['customers=800+80', 63.6],
  ])('%s reaches the limit in %d days', (text, days) => {
    expect(daysUntil(under(text))).toBeCloseTo(days, 0);
  });
  it('without growth is never reached, and says until when that is known', () => {
    const made = under('growth=x0');
    expect(made.dates).toBeNull();
    expect(answerWords(given, made, 'UTC')).toBe('not before 17 Oct 2028');
  });
  it('answers in words', () => {
    const made = under('add=12TiB@2027-01-15,lead=14d');
    expect(answerWords(given, made, 'UTC')).toBe('25 Jun 2027, 4 months later');
    expect(orderWords(made, NOW_MS, 'UTC')).toMatch(
      /^Order by 29 May 2027 to have it before the early end of the range, 12 Jun 2027\.$/,
    );
    expect(made.chances.map(({ chance }) => chance > 0.5)).toEqual([false, false, false]);
  });
  it('of an order that is late says by how much', () => {
    const made = under('lead=90d');
    expect(orderWords(made, NOW_MS, 'UTC')).toMatch(/^The order is late by 3 d: delivery takes 90 d, and the early end/);
  });
});

it('more growth of a rate comes on top of its forecast, which carries on little of it', () => {
  const steps = given.steps.map((step) => ({ ...step, quantiles: [28, 29, 29.5, 30, 30.5, 31, 32].map((v) => v * TIB) }));
  const rate: WholeForecast = {
    ...{ ...given, kind: 'rate', what: 'link', unit: 'bps', steps },
    growthPerMonth: { middle: 3.044 * TIB, low: 0, high: 0 },
  };
  const asked = (text: string) => {
    const scenario = parseScenario(text);
    if ('error' in scenario) throw new Error(scenario.error);
    return applyScenario(rate, scenario, NOW_MS).steps[49]?.quantiles[3];
  };
  // 0.1 TiB a day, twice as fast, in 50 days.
  expect((asked('growth=x2') ?? 0) / TIB).toBeCloseTo(35, 6);
  expect((asked('growth=x0') ?? 0) / TIB).toBeCloseTo(30, 6);
});

describe('a machine that moves', () => {
  /** It uses 2 TiB and 0.02 TiB more each day. */
  const machine = (level = 2 * TIB): WholeForecast => {
    const steps = given.steps.map(({ tMs }, i) => {
      const middle = level + 0.02 * TIB * (i + 1);
      return { tMs, quantiles: [-2, -1.3, -0.7, 0, 0.7, 1.3, 2].map((z) => middle + z * 0.75 * TIB) };
    });
    return { ...given, series: 'v/b/disk.used_bytes', deviceName: 'web1', level, steps };
  };
  const moved = (text: string, parts: readonly WholeForecast[]) => {
    const scenario = parseScenario(text);
    if ('error' in scenario) throw new Error(scenario.error);
    return applyScenario(given, scenario, NOW_MS, { name: 'web1', parts });
  };

  it('brings what it uses and will use', () => {
    // 32 TiB, 0.12 TiB more each day.
    expect(daysUntil(moved('here=v', [machine()]))).toBeCloseTo(8 / 0.12, 0);
    expect(daysUntil(moved('here=v', [machine(), machine()]))).toBeCloseTo(6 / 0.14, 0);
  });
  it('takes it along', () => {
    expect(daysUntil(moved('away=v', [machine()]))).toBeCloseTo(12 / 0.08, 0);
    expect(moved('away=v', [machine(90 * TIB)]).steps[10]?.quantiles[0]).toBe(0);
  });
  it('changes nothing before its day', () => {
    const made = moved('here=v@2027-01-16', [machine()]);
    expect(made.steps.slice(0, 60)).toEqual(given.steps.slice(0, 60));
    expect(made.steps[60]?.quantiles[3]).toBeGreaterThan((given.steps[60]?.quantiles[3] ?? 0) + 3 * TIB);
  });
  it.each(['here=v', 'away=v'])('%s: what is uncertain about both adds up by its squares', (text) => {
    const { quantiles } = moved(text, [machine()]).steps[0] ?? { quantiles: [] };
    const wide = (of: readonly number[]) => (of[6] ?? 0) - (of[0] ?? 0);
    expect(wide(quantiles) / wide(given.steps[0]?.quantiles ?? [])).toBeCloseTo(Math.hypot(1, 0.75), 6);
    expect([...quantiles].sort((a, b) => a - b)).toEqual(quantiles);
  });
  it('without a forecast of its own it stays as it is', () => {
    const { steps: _, ...rest } = machine();
    const still: WholeForecast = { ...rest, steps: [], fromMs: null };
    expect(daysUntil(moved('here=v', [still]))).toBeCloseTo(80, 0);
  });
  it('takes all its disks along, and of its links the one that carries most', () => {
    const [small, large] = [machine(1), machine(3)];
    expect(takenAlong([small, large])).toEqual([small, large]);
    const link = (one: WholeForecast): WholeForecast => ({ ...one, what: 'link', unit: 'bps' });
    expect(takenAlong([link(small), link(large)])).toEqual([link(large)]);
    expect(takenAlong([])).toEqual([]);
  });
});

describe('its text', () => {
  it.each<[Partial<Scenario>, string, string]>([
    [{ growth: 1.5 }, 'growth=x1.5', 'with 1.5 times the growth'],
    [{ add: { amount: 12 * TIB, atMs: Date.UTC(2027, 0, 15) } }, 'add=12TiB@2027-01-15', 'with 12 TiB more from 15 Jan 2027'],
    [{ load: { amount: -0.5 * TIB, atMs: null } }, 'load=-512GiB', 'without 512 GiB'],
    [
      { customers: { now: 800, more: 200, atMs: null }, limit: 0.9 },
      'customers=800+200,limit=90%',
      'with 200 more customers, a limit of 90 %',
    ],
    [
      { machine: { device: 'web1f3', away: false, atMs: Date.UTC(2027, 0, 15) } },
      'here=web1f3@2027-01-15',
      'with web1f3 here from 15 Jan 2027',
    ],
    [
      { machine: { device: 'web1f3', away: true, atMs: null }, growth: 2 },
      'growth=x2,away=web1f3',
      'with 2 times the growth, without web1f3',
    ],
    [{ leadDays: 7 }, 'lead=7d', 'as things stand'],
  ])('%j is %s', (part, text, words) => {
    const scenario = { ...AS_IS, ...part };
    expect(scenarioText(scenario, 'bytes')).toBe(text);
    expect(parseScenario(text)).toEqual(scenario);
    expect(scenarioWords(scenario, 'bytes', NOW_MS, 'UTC')).toBe(words);
  });
  it.each([
    ['growth=fast', /"fast" is no growth: x0 to x100/],
    ['add=much', /"much" is no capacity to add: write 12TiB/],
    ['add=-1TiB', /no capacity to add/],
    ['add=1TiB@2027-02-31', /"2027-02-31" is no day/],
    ['load=', /"" is no load/],
    ['customers=0+5', /no number of customers/],
    ['limit=0%', /no limit: write a share/],
    ['here=a device', /"a device" is no device: write its id, here=web1f3@/],
    ['away=', /"" is no device/],
    ['here=a@tomorrow', /"tomorrow" is no day/],
    ['here=a,away=b', /moves one machine/],
    ['lead=soon', /no delivery time/],
    ['magic=1', /knows no "magic"\. Write it as growth=x1\.5/],
    ['x'.repeat(400), /longer than 300/],
  ])('%s is refused in words', (text, words) => {
    expect(parseScenario(text)).toEqual({ error: expect.stringMatching(words) as string });
  });
  it.each([
    ['12 TiB', 12 * TIB],
    ['1.5TB', 1.5e12],
    ['10Gb/s', 1e10],
    ['500', 500],
    ['\u2212300 GiB', -300 * 2 ** 30],
    ['', null],
    ['12 apples', null],
    ['1e9', null],
  ])('the amount %s', (text, amount) => {
    expect(parseAmount(text)).toBe(amount);
  });
});

it('what matters soonest stands first, also where there is no date', () => {
  const row = (name: string, part: Partial<CapacityRow>): CapacityRow => ({ ...given, dates: null, chances: [], ...part, name });
  const dates = (days: number) => ({ lowMs: NOW_MS + days * DAY_MS, medianMs: NOW_MS + 2 * days * DAY_MS, highMs: null });
  const rows = [
    row('fullest', { level: 39 * TIB }),
    row('later', { dates: dates(60) }),
    row('busy link', { chances: [{ days: 30, chance: 0.5 }] }),
    row('reached', { headroom: -1 }),
    row('soon', { dates: dates(10) }),
    row('emptiest', { level: TIB }),
  ];
  expect(rows.sort(bySoonest).map(({ name }) => name)).toEqual(['reached', 'soon', 'busy link', 'later', 'fullest', 'emptiest']);
});
