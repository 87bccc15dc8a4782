import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTracker } from '../../collector/tracker.ts';
import { HEARTBEAT, type GapCause } from '../../core/model.ts';
import type { RawRow } from '../../core/ports.ts';
import { BOTH, layout, readings, recordsOf, shownOf, START_MS, track, usual, type Poll, type Shown } from './tracks.ts';

const ONE = layout({ c: 'counter' });
const WRAP32 = 2n ** 32n;
const hour = (ms: number) => ({ tMs: START_MS + ms });

interface Row {
  name: string;
  polls: (Poll | GapCause)[];
  records: Shown;
  gaps?: (GapCause | null)[];
  broken?: GapCause[];
}

describe('records tile time', () => {
  const table: Row[] = [
    {
      name: 'the first reading of a level holds for one interval; a counter needs two',
      polls: usual(0, 2),
      records: {
        c: '-60:? 0:? 60:10 120:10',
        g: '-60:? 0:0 60:1 120:2',
      },
      gaps: [null, null, null],
    },
    {
      name: 'one poll missed: the mean over both intervals',
      polls: [...usual(0, 1), 'timeout', ...usual(3, 4)],
      records: {
        c: '-60:? 0:? 60:10 180:10 240:10',
        g: '-60:? 0:0 60:1 180:3 240:4',
      },
      gaps: [null, null, null, null],
    },
    {
      name: 'two polls missed: a gap with the cause of the failures',
      polls: [...usual(0, 1), 'timeout', 'refused', ...usual(4, 5)],
      records: {
        c: '-60:? 0:? 60:10 180:? 240:? 300:10',
        g: '-60:? 0:0 60:1 180:? 240:4 300:5',
      },
      gaps: [null, null, 'timeout', null],
    },
    {
      name: 'starts that were skipped without a failure are late',
      polls: [...usual(0, 1), ...usual(5, 5)],
      records: {
        c: '-60:? 0:? 60:10 240:? 300:?',
        g: '-60:? 0:0 60:1 240:? 300:5',
      },
      gaps: [null, null, 'late'],
    },
    {
      name: 'late and duplicate replies are dropped',
      polls: [...usual(0, 2), ...usual(1, 2), ...usual(3, 3)],
      records: {
        c: '-60:? 0:? 60:10 120:10 180:10',
        g: '-60:? 0:0 60:1 120:2 180:3',
      },
    },
    {
      name: 'a reboot, the counter already higher: no rate, and the level goes on',
      polls: [
        ...usual(0, 1),
        { at: 120, cells: [999_999_999n, 2], moment: { upTicks: 500 } },
        { at: 180, cells: [1_000_000_599n, 3], moment: { upTicks: 6500 } },
      ],
      records: {
        c: '-60:? 0:? 60:10 120:? 180:10',
        g: '-60:? 0:0 60:1 120:2 180:3',
      },
      gaps: [null, null, 'restarted', null],
    },
    {
      name: 'clock forward 1 h: the value covers only what elapsed',
      polls: [
        ...usual(0, 1),
        { at: 120, cells: [1200n, 2], moment: hour(3_720_000) },
        { at: 180, cells: [1800n, 3], moment: hour(3_780_000) },
      ],
      records: {
        c: '-60:? 0:? 60:10 3660:? 3720:10 3780:10',
        g: '-60:? 0:0 60:1 3660:? 3720:2 3780:3',
      },
      gaps: [null, null, 'clock step', null],
    },
    {
      name: 'our machine slept 1 h: the counter went on, so there is no rate',
      polls: [
        ...usual(0, 1),
        { at: 120, cells: [37_200n, 2], moment: { ...hour(3_720_000), upTicks: 100_000 + 372_000 } },
        { at: 180, cells: [37_800n, 3], moment: { ...hour(3_780_000), upTicks: 100_000 + 378_000 } },
      ],
      records: {
        c: '-60:? 0:? 60:10 3660:? 3720:? 3780:10',
        g: '-60:? 0:0 60:1 3660:? 3720:2 3780:3',
      },
      gaps: [null, null, 'clock step', null],
    },
    {
      name: 'a level that is not there is unknown, never 0, and comes back over one missing poll',
      polls: [...usual(0, 1), { at: 120, cells: [1200n, null] }, ...usual(3, 3)],
      records: {
        c: '-60:? 0:? 60:10 120:10 180:10',
        g: '-60:? 0:0 60:1 180:3',
      },
    },
    {
      name: 'a counter left out of one answer: the mean over both intervals',
      polls: [...usual(0, 1), { at: 120, cells: [null, 2], partial: true }, ...usual(3, 3)],
      records: {
        c: '-60:? 0:? 60:10 180:10',
        g: '-60:? 0:0 60:1 120:2 180:3',
      },
    },
    {
      name: 'left out for longer: unknown, and it says so',
      polls: [...usual(0, 1), { at: 120, cells: [null, 2] }, { at: 180, cells: [null, 3] }, ...usual(4, 5)],
      records: {
        c: '-60:? 0:? 60:10 180:? 240:? 300:10',
        g: '-60:? 0:0 60:1 120:2 180:3 240:4 300:5',
      },
      broken: ['no data'],
    },
  ];
  it.each(table)('$name', ({ polls, records, gaps, broken }) => {
    const result = track(BOTH, 60, polls);
    expect(result.records).toEqual(records);
    if (gaps) expect(result.applied.map((one) => one.gap?.cause ?? null)).toEqual(gaps);
    expect(result.applied.flatMap((one) => [...one.broken.keys()])).toEqual(broken ?? []);
  });
});

describe('a counter that cannot be trusted', () => {
  const first: Poll = { at: 0, cells: [1000n] };
  const table: [name: string, polls: Poll[], rate: number | null, cause: GapCause | null][] = [
    [
      'Counter32 wraps once',
      [
        { at: 0, cells: [{ c32: WRAP32 - 300n }] },
        { at: 60, cells: [{ c32: 300n }] },
      ],
      10,
      null,
    ],
    [
      'Counter32 too fast for the interval',
      [
        { at: 0, cells: [{ c32: 0n }] },
        { at: 60, cells: [{ c32: 600n }], maxPerS: 125e6 },
      ],
      null,
      'wrapped',
    ],
    ['Counter64 goes back', [first, { at: 60, cells: [999n] }], null, 'reset'],
    [
      'discontinuity time changed',
      [
        { ...first, discontinuity: [5] },
        { at: 60, cells: [1600n], discontinuity: [777] },
      ],
      null,
      'discontinuity',
    ],
    [
      'discontinuity time the same',
      [
        { ...first, discontinuity: [5] },
        { at: 60, cells: [1600n], discontinuity: [5] },
      ],
      10,
      null,
    ],
    [
      'discontinuity time unknown once',
      [
        { ...first, discontinuity: [5] },
        { at: 60, cells: [1600n], discontinuity: [NaN] },
      ],
      10,
      null,
    ],
    ['above 110 % of the speed', [first, { at: 60, cells: [10n ** 12n], maxPerS: 125e6 }], null, 'implausible'],
    ['64 bits become 32', [first, { at: 60, cells: [{ c32: 1600n }] }], null, 'width changed'],
    [
      '32 bits become 64',
      [
        { at: 0, cells: [{ c32: 1000n }] },
        { at: 60, cells: [1600n] },
      ],
      null,
      'width changed',
    ],
    ['another port in its place', [first, { at: 60, cells: [{ doubt: 'renumbered' }] }], null, 'renumbered'],
    ['a level where a counter should be', [first, { at: 60, cells: [1600] }], null, 'bad reply'],
  ];
  it.each(table)('%s', (_name, polls, rate, cause) => {
    const { records, applied } = track(ONE, 60, polls);
    expect(records['c']).toEqual(`0:? 60:${rate ?? '?'}`);
    expect([...(applied[1]?.broken.keys() ?? [])]).toEqual(cause === null ? [] : [cause]);
  });

  it('heals with the next good interval, and is not told again while it lasts', () => {
    const back: Poll[] = [first, { at: 60, cells: [10n] }, { at: 120, cells: [610n] }, { at: 180, cells: [1210n] }];
    const { records, applied } = track(ONE, 60, back);
    expect(records['c']).toEqual('0:? 60:? 120:10 180:10');
    expect(applied.map((one) => one.healed)).toEqual([[], [], [0], []]);
    const every = Array.from({ length: 5 }, (_, i): Poll => ({ at: 60 * i, cells: [{ c32: BigInt(i) }], maxPerS: 125e6 }));
    expect(track(ONE, 60, every).applied.flatMap((one) => [...one.broken.keys()])).toEqual(['wrapped']);
  });

  it('after another port was in its place starts anew: no rate across the exchange', () => {
    const polls: Poll[] = [
      first,
      { at: 60, cells: [{ doubt: 'renumbered' }] },
      { at: 120, cells: [10n ** 15n] },
      { at: 180, cells: [10n ** 15n + 600n] },
    ];
    expect(track(ONE, 60, polls).records['c']).toEqual('0:? 60:? 120:? 180:10');
  });
});

describe('changing intervals and plans', () => {
  it('an interval that changed from a minute to a second or back leaves no gap', () => {
    const tracker = createTracker('d');
    tracker.use(BOTH);
    const rows = [
      { at: 0, every: 60 },
      { at: 60, every: 60 },
      { at: 100, every: 1 },
      { at: 101, every: 1 },
      { at: 160, every: 60 },
      { at: 220, every: 60 },
    ].flatMap(({ at, every }) => tracker.apply(readings({ at, cells: [BigInt(10 * at), at] }), every * 1000, null).rows);
    expect(shownOf(rows)['c']).toEqual('-60:? 0:? 60:10 100:10 101:10 160:10 220:10');
  });

  it('a new series begins with an unknown record, the others go on, and arrays are reused meanwhile', () => {
    const tracker = createTracker('d');
    tracker.use(ONE);
    const before = [0, 60].flatMap((at) => tracker.apply(readings({ at, cells: [BigInt(at)] }), 60_000, null).rows);
    expect(new Set(before.map((row) => row.series)).size).toBe(1);
    const more = layout({ g: 'gauge', c: 'counter' });
    tracker.use(more);
    const after = [120, 180].flatMap((at) => tracker.apply(readings({ at, cells: [7, BigInt(at)] }), 60_000, null).rows);
    expect(shownOf([...before, ...after])).toEqual({
      c: '0:? 60:1 120:1 180:1',
      g: '120:? 180:7',
    });
    expect(after.every((row) => row.series === more.series)).toBe(true);
  });

  it('rows that were not kept leave an unknown record, not a longer one', () => {
    const tracker = createTracker('d');
    tracker.use(BOTH);
    const rows = [0, 1, 2, 3].flatMap((n) => {
      const applied = tracker.apply(readings(usual(n, n)[0]!), 60_000, null);
      if (n !== 2) return applied.rows;
      tracker.refused();
      return [];
    });
    expect(shownOf(rows)['c']).toEqual('-60:? 0:? 60:10 120:? 180:10');
  });
});

describe('any order of failures', () => {
  it('gives records that ascend and never a wrong value', () => {
    const event = fc.record({
      passS: fc.integer({ min: 1, max: 200 }),
      kind: fc.constantFrom('ok', 'ok', 'ok', 'fail', 'absent', 'reboot', 'step', 'late', 'refused'),
    });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 60 }), (events) => {
        const tracker = createTracker('d');
        tracker.use(BOTH);
        const rows: RawRow[] = [];
        let [monoS, wallS, upS] = [0, 0, 5000];
        let offset = 0n;
        for (const { passS, kind } of events) {
          monoS += passS;
          wallS += passS;
          upS += passS;
          if (kind === 'fail') continue;
          if (kind === 'step') wallS += 3600;
          // A device needs some seconds to boot: two reboots within them cannot be told apart by uptime.
          if (kind === 'reboot' && upS > 15) {
            upS = 1;
            offset += 1_000_000_000n;
          }
          const late = kind === 'late' ? 1000 : 0;
          const poll: Poll = {
            at: monoS - late,
            cells: kind === 'absent' ? [null, null] : [offset + BigInt(10 * (monoS - late)), 5],
            moment: { tMs: START_MS + (wallS - late) * 1000, upTicks: (upS - late) * 100 },
          };
          if ((poll.moment?.upTicks ?? 0) <= 0) continue;
          if (kind === 'late' && monoS <= 1000) continue;
          const applied = tracker.apply(readings(poll), 60_000, null);
          if (kind === 'refused' && !applied.dropped) tracker.refused();
          else rows.push(...applied.rows);
        }
        for (const [name, records] of Object.entries(recordsOf(rows))) {
          let before = -Infinity;
          for (const [at, value] of records) {
            expect(at).toBeGreaterThan(before);
            before = at;
            if (value !== null) expect(value).toBeCloseTo(name === 'c' ? 10 : 5, 3);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

it('the heartbeat is what these tables assume', () => {
  expect(HEARTBEAT).toBe(2.2);
});
