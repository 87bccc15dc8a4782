/** A graph with its future: what it says, where its marks stand, and how its id reads. */
import { describe, expect, it } from 'vitest';
import { futureId, futureIdOf, parseFutureId } from '../../core/future-id.ts';
import { futureOver, futureUnder, type Shape } from '../../core/future-shapes.ts';
import { futureAt, futureGraph, futureRows, limitAt, shownLimits, type FutureSource } from '../../core/graph-future.ts';
import { plotOf } from '../../core/graph-layout.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 17);
const KNOWN_DAYS = 100;

function source(more: Partial<FutureSource> = {}): FutureSource {
  const tMs = Array.from({ length: KNOWN_DAYS }, (_, i) => NOW_MS - (KNOWN_DAYS - 1 - i) * DAY_MS);
  const steps = Array.from({ length: 200 }, (_, i) => {
    const middle = 100 + i + 1;
    const wide = Math.sqrt(i + 1);
    return { tMs: NOW_MS + (i + 1) * DAY_MS, quantiles: [-2, -1.3, -0.7, 0, 0.7, 1.3, 2].map((z) => middle + z * wide) };
  });
  return {
    ...{
      id: 'future~a~b~disk.used_bytes',
      title: '/srv',
      subtitle: '',
      series: 'a/b/disk.used_bytes',
      device: 'a',
      deviceName: 'nas',
    },
    ...{ label: 'used', unit: '1', stepMs: DAY_MS, history: { tMs, values: tMs.map((_, i) => 1 + i) }, fromMs: NOW_MS, steps },
    limit: { label: 'Limit 200', steps: [{ fromMs: 0, value: 200 }] },
    crossing: { lowMs: NOW_MS + 88 * DAY_MS, medianMs: NOW_MS + 100 * DAY_MS, highMs: NOW_MS + 113 * DAY_MS },
    ...{ orderByMs: NOW_MS + 60 * DAY_MS, found: [], scenarios: [], says: 'Reaches 200.', about: '' },
    ...more,
  };
}
const view = { fromMs: NOW_MS - 100 * DAY_MS, toMs: NOW_MS + 200 * DAY_MS, nowMs: NOW_MS, zone: 'UTC', width: 800 };
const plotFor = (graph: ReturnType<typeof futureGraph>) => plotOf(graph, { left: 64, right: 864, top: 20, bottom: 320 });
const measure = (text: string) => text.length * 6;
const texts = (shapes: readonly Shape[]) => shapes.flatMap((shape) => (shape.kind === 'text' ? [shape.text] : []));

describe('the graph of a forecast', () => {
  it('holds history and future in slots of one width', () => {
    const graph = futureGraph(source(), view);
    expect(graph.tMs).toHaveLength(300);
    expect(graph.future?.slot).toBe(100);
    expect(graph.lines[0]?.mean[99]).toBe(100);
    expect(graph.lines[0]?.mean[100]).toBeNull();
    expect(futureAt(graph, 99)).toBeNull();
    expect(futureAt(graph, 100)?.[3]).toBe(101);
    expect(graph.y.max).toBeGreaterThanOrEqual(300);
    expect(futureRows(graph).map(({ when, middle }) => [when, middle])).toEqual([
      ['in 30 d', 130],
      ['in 90 d', 190],
      ['in 180 d', 280],
      ['in 200 d', 300],
    ]);
  });

  it('shows history and the reason where there is no forecast', () => {
    const says = 'History too short: needs 21 days, has 9.';
    const graph = futureGraph(source({ fromMs: null, steps: [], crossing: null, orderByMs: null, says }), view);
    expect(graph.note).toBe(says);
    expect(graph.future?.values).toEqual([]);
    expect(graph.lines[0]?.mean.filter((v) => v !== null)).toHaveLength(KNOWN_DAYS);
    expect(futureUnder(graph, plotFor(graph))).toEqual([]);
    expect(futureRows(graph)).toEqual([]);
  });

  it('keeps unknown days apart and says how long they were', () => {
    const { history } = source();
    const values = history.values.map((v, i) => (i >= 40 && i < 50 ? null : v));
    const graph = futureGraph(source({ history: { ...history, values } }), view);
    expect(graph.gaps.map(({ text }) => text)).toEqual(['no data for 10 d']);
    expect(graph.lines[0]?.stats.known).toBeCloseTo(0.9);
  });

  it('leaves a far limit out, so that it flattens nothing', () => {
    const far = { limit: { label: 'Limit', steps: [{ fromMs: 0, value: 1e6 }] }, crossing: null };
    const graph = futureGraph(source(far), view);
    expect(graph.future && shownLimits(graph.future)).toEqual([]);
    expect(graph.y.max).toBeLessThan(1000);
  });
});

describe('its shapes', () => {
  it('stand where their dates and values are, whoever paints them', () => {
    const graph = futureGraph(source(), view);
    const plot = plotFor(graph);
    const over = futureOver(graph, plot, 'large', measure);
    const ring = over.find((shape) => shape.kind === 'ring');
    expect(ring).toMatchObject({ x: plot.x(NOW_MS + 100 * DAY_MS), y: plot.y(200) });
    const bar = over.find((shape) => shape.kind === 'line' && shape.width === 6);
    expect(bar?.kind === 'line' && bar.points[0]?.[0]).toBeCloseTo(plot.x(NOW_MS + 88 * DAY_MS));
    expect(texts(over)).toEqual(
      expect.arrayContaining(['Limit 200', '25 Feb 2027', 'order by 16 Jan 2027', 'today', 'most likely', '300']),
    );
  });

  it('never leave the plot, however far bands run away', () => {
    const steps = source().steps.map((step, i) => ({ ...step, quantiles: step.quantiles.map((v, q) => v + (q - 3) * i * 20) }));
    const graph = futureGraph(source({ steps }), view);
    const plot = plotFor(graph);
    for (const shape of [...futureUnder(graph, plot), ...futureOver(graph, plot, 'large', measure)]) {
      const ys = shape.kind === 'area' || shape.kind === 'line' ? shape.points.map(([, y]) => y) : [shape.y];
      for (const y of ys) expect(y >= plot.top - 8 && y <= plot.bottom + 8, `${shape.kind} at ${y}`).toBe(true);
    }
  });

  it('draw no words over each other', () => {
    const found = [20, 22, 24, 60].map((day) => ({ what: 'clean-up' as const, tMs: NOW_MS - day * DAY_MS, amount: -5 }));
    const graph = futureGraph(source({ found }), view);
    const plot = plotFor(graph);
    const words = futureOver(graph, plot, 'large', measure).filter((shape) => shape.kind === 'text');
    const boxes = words.map(({ x, y, text, anchor }) => {
      const left = anchor === 'end' ? x - measure(text) : x;
      return { text, left, right: left + measure(text), top: y - 6, bottom: y + 6 };
    });
    for (const [i, a] of boxes.entries())
      for (const b of boxes.slice(i + 1)) {
        const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        expect(apart, `${a.text} | ${b.text}`).toBe(true);
      }
  });

  it('step a limit at its date, and let a scenario have its own', () => {
    const later = NOW_MS + 50 * DAY_MS;
    const limit = {
      label: 'Limit',
      steps: [
        { fromMs: 0, value: 200 },
        { fromMs: later, value: 260 },
      ],
    };
    expect([limitAt(limit, NOW_MS), limitAt(limit, later)]).toEqual([200, 260]);
    const crossing = { lowMs: NOW_MS + 150 * DAY_MS, medianMs: NOW_MS + 160 * DAY_MS, highMs: null };
    const scenario = { ...{ key: 'x', label: 'with 60 more', limit, steps: null }, ...{ crossing, orderByMs: null, says: '' } };
    const graph = futureGraph(source({ scenarios: [scenario] }), view);
    const plot = plotFor(graph);
    const over = futureOver(graph, plot, 'large', measure);
    const stepped = over.find((shape) => shape.kind === 'line' && shape.ink === 'limit' && shape.dash.length > 0);
    const [foot, top] = stepped?.kind === 'line' ? stepped.points : [];
    expect(foot?.[0]).toBeCloseTo(plot.x(later));
    expect(top?.[1] ?? 0).toBeLessThan(foot?.[1] ?? 0);
    expect(texts(over)).toEqual(expect.arrayContaining(['with 60 more', 'as things stand']));
  });
});

describe('its id', () => {
  it('says everything again, also what has letters of other tongues', () => {
    const spec = {
      device: 'a1',
      instance: 'b-2',
      metric: 'disk.used_bytes',
      horizonDays: 180,
      scenarios: ['growth*1.5!', 'é~/%'],
    };
    const id = futureId(spec);
    expect(id).toMatch(/^[A-Za-z0-9._~!*'()-]+$/);
    expect(parseFutureId(id)).toEqual(spec);
    expect(futureIdOf('a1/b-2/disk.used_bytes')).toBe('future~a1~b-2~disk.used_bytes');
    expect(parseFutureId('traffic~a~b')).toBeNull();
  });
  it.each([
    ['future~a~b', /its id is future~/],
    ['future~a~b~disk.used_bytes~9999d', /1 to 1830 days ahead, not 9999/],
    ['future~a~b~disk.used_bytes~a~b~c~d', /at most 3 scenarios, not 4/],
    ['future~a~b~disk.used_bytes~!zz', /cut off or changed/],
  ])('refuses %s in words', (id, words) => {
    expect(parseFutureId(id)).toEqual({ error: expect.stringMatching(words) as string });
  });
});
