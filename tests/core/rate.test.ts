import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEARTBEAT, type GapCause } from '../../core/model.ts';
import { baseline, counterRate, stampExcessMs, step, type Step } from '../../core/rate.ts';
import type { Moment } from '../../core/readings.ts';

const START_MS = Date.UTC(2025, 5, 1);
const DAY_S = 86_400;

/** A moment s seconds after the start; by default all clocks run together and the device is up for 1000 s more. */
function moment(s: number, other: Partial<Moment> = {}): Moment {
  return {
    tMs: START_MS + s * 1000,
    monoMs: 5_000 + s * 1000,
    epoch: 'a',
    upTicks: ((s + 1000) * 100) % 2 ** 32,
    engineTimeS: null,
    engineBoots: null,
    ...other,
  };
}
const gap = (cause: GapCause): Step => ({ step: 'gap', cause });
const interval = (elapsedS: number): Step => ({ step: 'interval', elapsedMs: elapsedS * 1000 });
const NO_UPTIME = { upTicks: null };
const WRAP = 2 ** 32;

describe('step: may this time carry rates', () => {
  const table: [name: string, previous: Moment, next: Moment, intervalS: number, expected: Step][] = [
    ['the usual poll', moment(0), moment(60), 60, interval(60)],
    ['one poll missed', moment(0), moment(120), 60, interval(120)],
    ['exactly the heartbeat', moment(0), moment(60 * HEARTBEAT), 60, interval(60 * HEARTBEAT)],
    ['two polls missed', moment(0), moment(180), 60, gap('no data')],
    ['the same moment again', moment(60), moment(60), 60, { step: 'drop' }],
    ['a late reply', moment(60), moment(30), 60, { step: 'drop' }],
    ['no uptime known at all', moment(0, NO_UPTIME), moment(60, NO_UPTIME), 60, interval(60)],
    ['reboot a moment ago', moment(0), moment(60, { upTicks: 300 }), 60, gap('restarted')],
    ['reboot right after the last poll', moment(0), moment(60, { upTicks: 5900 }), 60, gap('restarted')],
    ['reboot seen by a poll a second', moment(0), moment(1, { upTicks: 50 }), 1, gap('restarted')],
    [
      'reboot within a day, up for an hour before',
      moment(0, { upTicks: 360_000 }),
      moment(DAY_S, { upTicks: 8_460_000 }),
      DAY_S,
      gap('restarted'),
    ],
    ['a second reboot soon after the first', moment(0, { upTicks: 2000 }), moment(60, { upTicks: 4000 }), 60, gap('restarted')],
    ['two reboots within seconds', moment(0, { upTicks: 100 }), moment(4, { upTicks: 200 }), 4, gap('restarted')],
    ['uptime jumps ahead: another device answers', moment(0), moment(60, { upTicks: 99_000_000 }), 60, gap('restarted')],
    ['sysUpTime wraps after 497 days', moment(0, { upTicks: WRAP - 3000 }), moment(60, { upTicks: 3000 }), 60, interval(60)],
    ['uptime 0 once is unknown', moment(0), moment(60, { upTicks: 0 }), 60, interval(60)],
    ['uptime missing once is unknown', moment(0), moment(60, NO_UPTIME), 60, interval(60)],
    ['uptime updated in steps of some seconds', moment(0), moment(10, { upTicks: 100_500 }), 10, interval(10)],
    [
      'device clock 0.5 % fast, a day',
      moment(0, { upTicks: 100_000 }),
      moment(DAY_S, { upTicks: 100_000 + 8_640_000 * 1.005 }),
      DAY_S,
      interval(DAY_S),
    ],
    [
      'engine restarted, uptime unknown',
      moment(0, { ...NO_UPTIME, engineTimeS: 5000, engineBoots: 4 }),
      moment(60, { ...NO_UPTIME, engineTimeS: 12, engineBoots: 5 }),
      60,
      gap('restarted'),
    ],
    [
      'engine time goes back, boots unknown',
      moment(0, { ...NO_UPTIME, engineTimeS: 5000 }),
      moment(60, { ...NO_UPTIME, engineTimeS: 12 }),
      60,
      gap('restarted'),
    ],
    [
      'engine goes on, uptime unknown',
      moment(0, { ...NO_UPTIME, engineTimeS: 5000, engineBoots: 4 }),
      moment(60, { ...NO_UPTIME, engineTimeS: 5060, engineBoots: 4 }),
      60,
      interval(60),
    ],
    [
      'engine boots changed while uptime looks well',
      moment(0, { engineTimeS: 5000, engineBoots: 4 }),
      moment(60, { engineTimeS: 5060, engineBoots: 5 }),
      60,
      gap('restarted'),
    ],
    ['clock of ours set forward 1 h', moment(0), moment(60, { tMs: START_MS + 3_660_000 }), 60, interval(60)],
    ['clock of ours set back 1 h', moment(0), moment(60, { tMs: START_MS - 3_540_000 }), 60, interval(60)],
    ['our machine slept 1 h', moment(0), moment(3660, { monoMs: 65_000 }), 60, gap('clock step')],
    [
      'stamps jump and nobody knows why',
      moment(0, NO_UPTIME),
      moment(60, { ...NO_UPTIME, tMs: START_MS + 3_660_000 }),
      60,
      gap('clock step'),
    ],
    ['restart of ours, device knows the time', moment(0), moment(70, { epoch: 'b', monoMs: 1 }), 60, interval(70)],
    [
      'restart of ours, no uptime',
      moment(0, NO_UPTIME),
      moment(70, { epoch: 'b', monoMs: 1, ...NO_UPTIME }),
      60,
      gap('collector down'),
    ],
    ['restart of ours, too long', moment(0), moment(600, { epoch: 'b', monoMs: 1 }), 60, gap('collector down')],
    ['restart of ours and of the device', moment(0), moment(70, { epoch: 'b', monoMs: 1, upTicks: 900 }), 60, gap('restarted')],
    [
      'restart of ours while the clock was set',
      moment(0),
      moment(70, { epoch: 'b', monoMs: 1, tMs: START_MS + 7_200_000 }),
      60,
      gap('collector down'),
    ],
    [
      'restart of ours over the 497-day wrap',
      moment(0, { upTicks: WRAP - 3000 }),
      moment(70, { epoch: 'b', upTicks: 4000 }),
      60,
      interval(70),
    ],
  ];
  it.each(table)('%s', (_name, previous, next, intervalS, expected) => {
    expect(step(baseline(null, previous), next, intervalS * 1000)).toEqual(expected);
  });

  it('finds a restart over polls in which the uptime was missing', () => {
    const before = baseline(baseline(null, moment(0)), moment(60, NO_UPTIME));
    expect(step(before, moment(120, { upTicks: 3000 }), 60_000)).toEqual(gap('restarted'));
    expect(step(before, moment(120), 60_000)).toEqual(interval(60));
  });

  it('tells a step of the clock from slewing', () => {
    expect(stampExcessMs(moment(0), moment(60, { tMs: START_MS + 60_030 }), 60_000)).toBe(0);
    expect(stampExcessMs(moment(0), moment(60, { tMs: START_MS + 63_000 }), 60_000)).toBe(3_000);
    expect(stampExcessMs(moment(0), moment(60, { tMs: START_MS + 57_000 }), 60_000)).toBe(0);
  });
});

describe('counterRate', () => {
  const GIGABIT = 125e6;
  const table: [
    name: string,
    previous: bigint,
    next: bigint,
    bits: 32 | 64,
    elapsedS: number,
    maxPerS: number,
    expected: number | GapCause,
  ][] = [
    ['stands still', 7n, 7n, 64, 60, NaN, 0],
    ['grows', 1000n, 7000n, 32, 60, NaN, 100],
    ['32 bits wrap once: exactly 2^32 is added', 2n ** 32n - 600n, 5400n, 32, 60, NaN, 100],
    ['32 bits wrap from the last value to 0', 2n ** 32n - 1n, 0n, 32, 1, NaN, 1],
    ['32 bits at 1 Gbit/s a minute: may have wrapped more than once', 5n, 6n, 32, 60, GIGABIT, 'wrapped'],
    ['32 bits at 1 Gbit/s in 34 s: just not', 0n, 340_000n, 32, 34, GIGABIT, 10_000],
    ['32 bits, a small step back without a speed is a reset', 5000n, 10n, 32, 60, NaN, 'reset'],
    ['32 bits back to 0 within a speed that cannot wrap so fast', 3_000_000_000n, 0n, 32, 60, 12.5e6, 'implausible'],
    ['64 bits go back', 10n ** 15n, 5n, 64, 60, NaN, 'reset'],
    ['64 bits go back by one', 10n, 9n, 64, 60, GIGABIT, 'reset'],
    ['64 bits beyond 2^53 stay exact', 2n ** 63n, 2n ** 63n + 60n, 64, 60, NaN, 1],
    ['exactly the speed', 0n, 7_500_000_000n, 64, 60, GIGABIT, GIGABIT],
    ['10 % above the speed is jitter', 0n, 8_250_000_000n, 64, 60, GIGABIT, GIGABIT * 1.1],
    ['more is not believed', 0n, 8_300_000_000n, 64, 60, GIGABIT, 'implausible'],
    ['speed 0 means unknown', 0n, 600n, 64, 60, 0, 10],
    ['the rate is over the time that elapsed', 0n, 600n, 64, 30, NaN, 20],
  ];
  it.each(table)('%s', (_name, previous, next, bits, elapsedS, maxPerS, expected) => {
    const rate = counterRate(previous, next, bits, elapsedS * 1000, maxPerS);
    if (typeof expected === 'string') expect(rate).toBe(expected);
    else expect(rate).toBeCloseTo(expected, 6);
  });

  it('never gives a rate above what is physically possible, nor a negative one', () => {
    const counter = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
    fc.assert(
      fc.property(
        counter,
        counter,
        fc.constantFrom(32 as const, 64 as const),
        fc.integer({ min: 1, max: 3_600_000 }),
        fc.double({ min: 1, max: 1e10, noNaN: true }),
        (a, b, bits, ms, max) => {
          const rate = counterRate(a, b, bits, ms, max);
          if (typeof rate === 'number') {
            expect(rate).toBeGreaterThanOrEqual(0);
            expect(rate).toBeLessThanOrEqual(max * 1.1);
          }
        },
      ),
    );
  });

  it('gives back the true rate for any counter that wraps at most once', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), fc.integer({ min: 0, max: 2 ** 31 - 1 }), (from, moved) => {
        const rate = counterRate(from, (from + BigInt(moved)) % 2n ** 32n, 32, 60_000, NaN);
        expect(rate).toBeCloseTo(moved / 60, 6);
      }),
    );
  });
});
