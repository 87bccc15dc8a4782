import { describe, expect, it } from 'vitest';
import type { Event } from '../../core/model.ts';
import { bench, device, TIMEOUT, type Bench } from './fleet.ts';

const SEC = 1000;
const told = (of: Bench) => of.catalog.all.events.map((event: Event) => [event.kind, event.cause]);
const rates = (values: readonly (number | null)[]) => values.filter((value) => value !== null);

describe('a restart of ours', () => {
  it('in the middle of things leaves no gap and no spike', async () => {
    const b = bench();
    b.add('sw1', { ports: ['a', 'b'] });
    await b.collector.start([device('sw1')]);
    await b.clock.advance(60 * SEC);
    const stopping = b.collector.stop();
    await b.clock.advance(SEC);
    await stopping;
    await b.clock.advance(5 * SEC);
    const n = b.values('sw1', 'a').length;
    const second = b.again();
    await second.start([device('sw1')]);
    await b.clock.advance(60 * SEC);
    const after = b.values('sw1', 'a').slice(n);
    expect(after.length).toBeGreaterThan(5);
    expect(after.every((value) => value === 100)).toBe(true);
    expect(second.status().gaps).toEqual({});
    expect(b.catalog.all.instances.size).toBe(3);
    expect(told(b)).toEqual([
      ['added', null],
      ['collector', 'collector down'],
    ]);
    await b.stop(second);
  });

  it('after a kill is no worse: the state saved is that of the last row that was kept', async () => {
    const b = bench();
    b.add('sw1');
    await b.collector.start([device('sw1')]);
    await b.clock.advance(63 * SEC);
    const n = b.values('sw1', 'eth0').length;
    // The first one is never stopped; it just no longer reaches anything.
    b.fleet.get('sw1')!.takesMs = Infinity;
    await b.clock.advance(2 * SEC);
    b.fleet.get('sw1')!.takesMs = 5;
    const again = b.again();
    await again.start([device('sw1')]);
    await b.clock.advance(8 * SEC);
    expect(
      b
        .values('sw1', 'eth0')
        .slice(n)
        .every((value) => value === 100),
    ).toBe(true);
    await b.stop(again);
  });

  it('after too long is a gap "collector down", told with its end', async () => {
    const b = bench();
    b.add('sw1');
    await b.collector.start([device('sw1')]);
    await b.clock.advance(60 * SEC);
    const stopping = b.collector.stop();
    await b.clock.advance(SEC);
    await stopping;
    await b.clock.advance(3600 * SEC);
    const n = b.values('sw1', 'eth0').length;
    const second = b.again();
    await second.start([device('sw1')]);
    await b.clock.advance(30 * SEC);
    expect(b.values('sw1', 'eth0').slice(n, n + 3)).toEqual([null, null, 100]);
    expect(b.values('sw1', 'load').slice(n, n + 3)).toEqual([null, 0.5, 0.5]);
    expect(second.status().gaps).toEqual({ 'collector down': 1 });
    const gap = b.catalog.all.events.find((event) => event.kind === 'gap');
    expect((gap?.toMs ?? 0) - (gap?.fromMs ?? 0)).toBeGreaterThan(3600 * SEC);
    await b.stop(second);
  });

  it('ends what was open, of devices that are back and of those no longer polled', async () => {
    const b = bench();
    b.add('sw1');
    b.add('sw2');
    await b.collector.start([device('sw1'), device('sw2')]);
    await b.clock.advance(30 * SEC);
    for (const one of b.fleet.values()) one.failure = TIMEOUT;
    await b.clock.advance(60 * SEC);
    const stopping = b.collector.stop();
    await b.clock.advance(10 * SEC);
    await stopping;
    expect(b.catalog.all.events.filter((event) => event.toMs === null)).toHaveLength(4);
    const second = b.again();
    await second.start([device('sw1')]);
    await b.clock.advance(SEC);
    const down = b.catalog.all.events.find((event) => event.kind === 'down' && event.device === 'sw1');
    expect(second.deviceStatus('sw1')).toMatchObject({ state: 'down', reason: TIMEOUT.text, sinceMs: down?.fromMs });
    for (const one of b.fleet.values()) one.failure = null;
    await b.clock.advance(30 * SEC);
    expect(second.deviceStatus('sw1')?.state).toBe('up');
    expect(b.catalog.all.events.filter((event) => event.toMs === null)).toEqual([]);
    expect(b.catalog.all.events.filter((event) => event.kind === 'gap')).toHaveLength(2);
    await b.stop(second);
  });
});

describe('the clock of this machine', () => {
  it.each([
    ['forward', 3600 * SEC],
    ['back', -3600 * SEC],
  ])('set %s by an hour makes no spike, no duplicate and no lost interval', async (_way, deltaMs) => {
    const b = bench();
    b.add('sw1');
    await b.collector.start([device('sw1')]);
    await b.clock.advance(60 * SEC);
    b.clock.setWall(deltaMs);
    const n = b.values('sw1', 'eth0').length;
    await b.clock.advance(120 * SEC);
    const after = b.values('sw1', 'eth0').slice(n);
    expect(rates(after)).toEqual(Array(12).fill(100));
    expect(after.length - rates(after).length).toBe(deltaMs > 0 ? 1 : 0);
    const times = b.history.rows.map((row) => row.tMs);
    expect(times.every((tMs, i) => i === 0 || tMs > (times[i - 1] ?? 0))).toBe(true);
    expect(b.collector.status().gaps).toEqual(deltaMs > 0 ? { 'clock step': 1 } : {});
    expect(b.clock.steps).toHaveLength(1);
    await b.stop();
  });
});

describe('a history that does not take what it is given', () => {
  it('stops no poll; what is too much is dropped, counted, and shows as unknown', async () => {
    const b = bench({ waitingMax: 40 });
    const sw1 = b.add('sw1');
    await b.collector.start([device('sw1', SEC)]);
    await b.clock.advance(5 * SEC);
    let open: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => (open = resolve));
    b.history.fail = () => stuck;
    const polls = sw1.polls;
    await b.clock.advance(60 * SEC);
    expect(sw1.polls - polls).toBe(60);
    expect(b.collector.status().gaps.late).toBeGreaterThan(20);
    b.history.fail = null;
    open();
    await b.clock.advance(10 * SEC);
    const rows = b.history.rows.filter((row) => row.series.length > 0);
    for (let i = 1; i < rows.length; i++) {
      const known = rows[i]?.values.some((value) => !Number.isNaN(value)) ?? false;
      const coversMs = (rows[i]?.tMs ?? 0) - (rows[i - 1]?.tMs ?? 0);
      // A known value covers only its own second; the rest is a record that says unknown.
      if (known) expect(coversMs).toBeLessThan(1_100);
    }
    expect(b.values('sw1', 'eth0').slice(-3)).toEqual([100, 100, 100]);
    await b.stop();
  });

  it('rows refused again and again are given up as unknown, and the next ones are kept', async () => {
    const b = bench();
    b.add('sw1');
    await b.collector.start([device('sw1', SEC)]);
    await b.clock.advance(5 * SEC);
    b.history.fail = () => Promise.reject(new Error('no'));
    await b.clock.advance(6 * SEC);
    b.history.fail = null;
    await b.clock.advance(10 * SEC);
    const times = b.history.rows.map((row) => row.tMs);
    expect(times.every((tMs, i) => i === 0 || tMs > (times[i - 1] ?? 0))).toBe(true);
    expect(rates(b.values('sw1', 'eth0')).every((value) => value === 100)).toBe(true);
    expect(b.values('sw1', 'eth0').slice(5)).toContain(null);
    await b.stop();
  });
});
