/** What is said of events to those who do not see their marks, and where words of them stand in the plot. */
import { describe, expect, it } from 'vitest';
import type { GraphData, GraphLine } from '../../core/graph.ts';
import { eventWords, plotOf } from '../../core/graph-layout.ts';
import { cursorWords, summary } from '../../web/graph/summary.ts';

const MIN = 60_000;
const START = Date.UTC(2026, 2, 14, 10);
const stats = {
  current: 2,
  average: 2,
  minimum: 2,
  maximum: 2,
  maximumAtMs: START,
  p95: null,
  p95From: '',
  total: null,
  known: 0.9,
};
const line: GraphLine = {
  ...{ series: 'd/i/load.one', label: 'load', role: 's1', below: false, fill: true, stats, members: 1 },
  ...{ mean: [2, null, 2, 2], min: [2, null, 2, 2], max: [2, null, 2, 2], bound: { maximum: false, minimum: false } },
};
const data: GraphData = {
  ...{ id: 'load~d~i', title: 'Load', subtitle: '', unit: '1', tier: 'raw', zone: 'UTC', about: '', note: '', stack: false },
  ...{ fromMs: START, toMs: START + 4 * MIN, stepMs: MIN, tMs: [0, 1, 2, 3].map((n) => START + n * MIN) },
  ...{ lines: [line], partial: [], devices: ['d'], limits: [], newestMs: START + 4 * MIN, oldestMs: START },
  gaps: [{ fromMs: START + MIN, toMs: START + 2 * MIN, cause: 'restarted', text: 'No data for 1 min: restarted.' }],
  events: [
    { tMs: START + MIN, text: 'The device restarted.' },
    { tMs: START + 3 * MIN, text: 'The speed is now 1 Gb/s.' },
  ],
  moreEvents: 'and 40 more before',
  y: { min: 0, max: 4, ticks: [] },
  x: { ticks: [] },
};

describe('events in words', () => {
  it('are told with the graph, the newest first, and how many are not', () => {
    expect(summary(data)).toMatch(
      /What happened: .*10:03: The speed is now 1 Gb\/s\. .*10:01: The device restarted\. and 40 more before\.$/,
    );
    expect(summary({ ...data, events: [], moreEvents: '' })).not.toContain('happened');
    const many = Array.from({ length: 9 }, (_, n) => ({ tMs: START + n, text: `Change ${n}.` }));
    const told = summary({ ...data, events: many });
    expect(told).toContain('Change 4.');
    expect(told).not.toContain('Change 3.');
    expect(told).toMatch(/4 more marks before, and 40 more before\.$/);
  });

  it('are told at the cursor, also where nothing is known', () => {
    expect(cursorWords(data, 1)).toMatch(/10:01: No data for 1 min: restarted\.; The device restarted\.$/);
    expect(cursorWords(data, 3)).toMatch(/10:03: load 2(\.00)?; The speed is now 1 Gb\/s\.$/);
    expect(cursorWords(data, 0)).not.toContain(';');
  });

  it('say before the first mark how many have none, where there is room', () => {
    const measure = (text: string) => text.length * 6;
    const at = (right: number) => eventWords(data, plotOf(data, { left: 60, right, top: 24, bottom: 200 }), measure);
    expect(at(900)[0]).toMatchObject({ text: 'and 40 more before' });
    expect(at(900)[0]?.x).toBeGreaterThanOrEqual(60);
    expect(at(300).map(({ text }) => text)).not.toContain('and 40 more before');
  });
});
