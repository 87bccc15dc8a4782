/** What the simulated host is worth at a time: the same for everybody, and the same in every tier. */
import { describe, expect, test } from 'vitest';
import { demoFleet, type DemoFleet } from '../../demo/fleet.ts';
import { curveFor, demoHistory, lastDays, WHOLE_PAST } from '../../demo/history.ts';
import { curveOf, DAY_MS, FIVE_MS, HOUR_MS, MINUTE_MS, type Swing } from '../../demo/shape.ts';

const ANCHOR_MS = Date.UTC(2026, 2, 18, 14, 30);
const SWING: Swing = {
  kind: 'swing',
  base: 1e8,
  day: 0.6,
  peakHour: 15,
  weekend: 0.5,
  growthPerYear: 0.5,
  noise: 0.3,
  job: { hour: 2, hours: 2, times: 3 },
  ceiling: 1e9,
};
const curve = () => curveOf(SWING, 7, ANCHOR_MS);
const HOUR_START_MS = Math.floor(ANCHOR_MS / DAY_MS) * DAY_MS - 40 * DAY_MS;

describe('a swing', () => {
  test('is the same whoever asks, and in whatever order', () => {
    const times = Array.from({ length: 500 }, (_, i) => HOUR_START_MS + ((i * 7919) % 100_000) * MINUTE_MS);
    const one = curve();
    const values = times.map((t) => one.mean(t, MINUTE_MS));
    expect(times.map((t) => curve().mean(t, MINUTE_MS))).toEqual(values);
    expect(new Set(values).size).toBeGreaterThan(450);
  });

  test('minutes make 5 minutes, those make hours, those make days', () => {
    const level = curve();
    const meanOf = (endMs: number, stepMs: number, finerMs: number) => {
      const n = stepMs / finerMs;
      return Array.from({ length: n }, (_, i) => level.mean(endMs - i * finerMs, finerMs)).reduce((a, b) => a + b) / n;
    };
    for (let i = 1; i < 200; i++) {
      const hourMs = HOUR_START_MS + i * HOUR_MS;
      expect(meanOf(hourMs, HOUR_MS, FIVE_MS) / level.mean(hourMs, HOUR_MS)).toBeCloseTo(1, 9);
      expect(meanOf(hourMs, FIVE_MS, MINUTE_MS) / level.mean(hourMs, FIVE_MS)).toBeCloseTo(1, 9);
    }
    const dayMs = HOUR_START_MS + 5 * DAY_MS;
    expect(meanOf(dayMs, DAY_MS, HOUR_MS) / level.mean(dayMs, DAY_MS)).toBeCloseTo(1, 9);
  });

  test('a counter counts what the rates say, over any stretch and however often it is asked', () => {
    const bootMs = HOUR_START_MS + 1234;
    const asked = curve();
    let before = asked.total(bootMs, bootMs + 90_000);
    for (let i = 2; i < 400; i++) {
      const t = bootMs + i * 97_000;
      const now = asked.total(bootMs, t);
      expect(now).toBeGreaterThan(before);
      before = now;
    }
    const minuteMs = HOUR_START_MS + 3 * DAY_MS + 17 * MINUTE_MS;
    const counted = curve().total(bootMs, minuteMs) - curve().total(bootMs, minuteMs - MINUTE_MS);
    expect(counted / 60 / asked.mean(minuteMs, MINUTE_MS)).toBeCloseTo(1, 6);
    const hourMs = HOUR_START_MS + 3 * DAY_MS;
    const hour = curve().total(bootMs, hourMs) - curve().total(bootMs, hourMs - HOUR_MS);
    expect(hour / 3600 / asked.mean(hourMs, HOUR_MS)).toBeCloseTo(1, 9);
  });

  test('knows days, weekends, years and its job', () => {
    const level = curve();
    const hours = (test: (t: Date) => boolean) => {
      const found: number[] = [];
      for (let t = HOUR_START_MS; t < HOUR_START_MS + 28 * DAY_MS; t += HOUR_MS)
        if (test(new Date(t))) found.push(level.mean(t + HOUR_MS, HOUR_MS));
      return found.reduce((a, b) => a + b) / found.length;
    };
    const weekend = (t: Date) => t.getUTCDay() % 6 === 0;
    expect(hours((t) => t.getUTCHours() === 15) / hours((t) => t.getUTCHours() === 6)).toBeGreaterThan(1.3);
    expect(hours((t) => t.getUTCHours() === 2) / hours((t) => t.getUTCHours() === 6)).toBeGreaterThan(3);
    expect(hours(weekend) / hours((t) => !weekend(t))).toBeLessThan(0.65);
    const year = 365 * DAY_MS;
    const month = (endMs: number) => level.mean(Math.floor(endMs / HOUR_MS) * HOUR_MS, 28 * DAY_MS);
    expect(month(ANCHOR_MS) / month(ANCHOR_MS - year)).toBeCloseTo(1.5, 0);
  });
});

describe('the fleet', () => {
  const fleet = demoFleet(1, ANCHOR_MS);
  const seriesOf = ({ devices }: DemoFleet) => devices.flatMap(({ parts }) => parts.flatMap(({ series }) => series));

  test('is 50 servers, 6 switches and 2 routers with at most 1,000 series, whatever the seed', () => {
    for (const seed of [0, 1, 2, 99]) {
      const { devices } = demoFleet(seed, ANCHOR_MS);
      const kinds = Map.groupBy(devices, ({ kind }) => kind);
      expect([kinds.get('server')?.length, kinds.get('switch')?.length, kinds.get('router')?.length]).toEqual([50, 6, 2]);
      expect(new Set(devices.map(({ name }) => name)).size).toBe(58);
      expect(new Set(devices.map(({ address }) => address)).size).toBe(58);
      expect(new Set(devices.map(({ site }) => site)).size).toBe(3);
      expect(seriesOf(demoFleet(seed, ANCHOR_MS)).length).toBeLessThanOrEqual(1000);
    }
    expect(demoFleet(1, ANCHOR_MS)).toEqual(fleet);
    expect(demoFleet(2, ANCHOR_MS)).not.toEqual(fleet);
  });

  test('never says more than a port can carry or a disk can hold', () => {
    let checked = 0;
    for (const device of fleet.devices) {
      for (const part of device.parts) {
        if (part.kind !== 'interface' && part.kind !== 'disk' && part.kind !== 'cpu') continue;
        const most = part.kind === 'cpu' ? 1 : (part.capacity ?? 0);
        for (const series of part.series.filter(({ unit }) => ['bps', 'bytes', 'ratio'].includes(unit))) {
          const level = curveFor(fleet, device, part, series);
          for (let i = 0; i < 300; i++) {
            const value = level.mean(ANCHOR_MS - i * 61 * MINUTE_MS, MINUTE_MS);
            expect(value).toBeGreaterThanOrEqual(0);
            if (value > most) throw new Error(`${device.name} ${part.key} ${series.metric}: ${value} of ${most}`);
            checked++;
          }
        }
      }
    }
    expect(checked).toBeGreaterThan(100_000);
  });
});

describe('the past', () => {
  const fleet = demoFleet(1, ANCHOR_MS);
  const device = (name: string) => fleet.devices.filter((one) => one.name === name);

  test('goes from hours to 5 minutes to minutes without a hole or a repetition', () => {
    const [first] = demoHistory(fleet, ANCHOR_MS, WHOLE_PAST, device('edge-rtr2'));
    const t = first?.tMs ?? new Float64Array(0);
    const steps = Map.groupBy(
      Array.from(t.subarray(1), (at, i) => at - (t[i] ?? 0)),
      (step) => step,
    );
    expect([...steps.keys()]).toEqual([HOUR_MS, FIVE_MS, MINUTE_MS]);
    expect(t.at(-1)).toBe(ANCHOR_MS);
    expect((ANCHOR_MS - (t[0] ?? 0)) / DAY_MS).toBeGreaterThan(729);
    const [short] = demoHistory(fleet, ANCHOR_MS, lastDays(WHOLE_PAST, 1), device('edge-rtr2'));
    expect(short?.tMs).toHaveLength(1440);
  });

  test('has the outage in the cellar as rows without values, and ends where a port went away', () => {
    const outage = device('edge-rtr1')[0]?.gaps[0];
    const [series] = demoHistory(fleet, ANCHOR_MS, WHOLE_PAST, device('edge-rtr1'));
    const unknown = Array.from(series?.tMs ?? []).filter((_, i) => Number.isNaN(series?.value[i]));
    expect(unknown).toHaveLength(42);
    expect(unknown[0]).toBe((outage?.fromMs ?? 0) + FIVE_MS);
    const gone = [...demoHistory(fleet, ANCHOR_MS, WHOLE_PAST, device('sw-acc3'))].find(({ instance }) => instance === 'ge0/7');
    expect((ANCHOR_MS - (gone?.tMs.at(-1) ?? 0)) / DAY_MS).toBeCloseTo(20, 1);
  });
});
