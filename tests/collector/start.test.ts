/** How a fleet is taken up, and the dead of it found. */
import { describe, expect, it } from 'vitest';
import type { Device } from '../../core/model.ts';
import { bench, createScriptedSource, device, TIMEOUT, type Behaviour, type Bench } from './fleet.ts';

const SEC = 1000;
const GONE: Partial<Behaviour> = { failure: TIMEOUT, takesMs: 1_000, doubtMs: 4_000 };

const addMany = (b: Bench, n: number, intervalMs: number, other: (i: number) => Partial<Behaviour>): Device[] =>
  Array.from({ length: n }, (_, i) => {
    b.add(`sw${String(i)}`, other(i));
    return device(`sw${String(i)}`, intervalMs);
  });

describe('a fleet that is taken up', () => {
  it('of which 9 in 10 are dead: the living come first, and those already polled are on time', async () => {
    const b = bench();
    const devices = addMany(b, 2_000, 60 * SEC, (i) => (i % 10 === 9 ? { takesMs: 50 } : GONE));
    await b.collector.start(devices);
    const living = [...b.fleet.values()].filter((one) => one.failure === null);
    await b.clock.advance(6 * SEC);
    expect(living.filter((one) => one.polls > 0)).toHaveLength(200);
    expect(b.collector.status()).toMatchObject({ devices: 2_000, skipped: 0, lanes: { living: { waiting: 0 } } });
    const before = living.map((one) => one.polls);
    await b.clock.advance(90 * SEC);
    living.forEach((one, i) => expect(one.polls - (before[i] ?? 0)).toBeGreaterThanOrEqual(1));
    expect(b.collector.status().lateness.worstMs).toBeLessThan(1);
    // Why each of the dead does not answer is found out as well, in time.
    await b.clock.advance(150 * SEC);
    expect([...b.fleet.values()].every((one) => one.discoveries === 1)).toBe(true);
    expect(b.collector.status().silent).toBe(1_800);
    await b.stop();
  }, 60_000);

  it('is discovered a few at a time', async () => {
    const b = bench({
      sources: (fleet) => {
        const source = createScriptedSource('snmp', fleet);
        return [
          {
            ...source,
            async discover(target, asking) {
              most = Math.max(most, ++now);
              return source.discover(target, asking).finally(() => now--);
            },
          },
        ];
      },
    });
    let [now, most] = [0, 0];
    await b.collector.start(addMany(b, 500, 60 * SEC, () => ({ takesMs: 200 })));
    await b.clock.advance(30 * SEC);
    expect([...b.fleet.values()].every((one) => one.polls > 0)).toBe(true);
    expect(most).toBeGreaterThan(4);
    expect(most).toBeLessThanOrEqual(100);
    await b.stop();
  });

  it('does not begin with those that were down before: each is asked in its turn', async () => {
    const b = bench();
    const devices = addMany(b, 20, 10 * SEC, (i) => (i % 2 === 0 ? GONE : {}));
    await b.collector.start(devices);
    await b.clock.advance(60 * SEC);
    await b.stop();
    const gone = [...b.fleet.values()].filter((one) => one.failure !== null);
    for (const one of gone) one.discoveries = one.reaches = 0;
    const again = b.again();
    await again.start(devices);
    await b.clock.advance(30 * SEC);
    for (const one of gone) {
      expect(one.discoveries).toBe(0);
      expect(one.reaches).toBe(3);
    }
    expect(again.deviceStatus('sw0')).toMatchObject({ state: 'down', reason: TIMEOUT.text });
    expect(again.deviceStatus('sw1')?.state).toBe('up');
    for (const one of gone) Object.assign(one, { failure: null, takesMs: 5 });
    await b.clock.advance(11 * SEC);
    expect(devices.every(({ id }) => again.deviceStatus(id)?.state === 'up')).toBe(true);
    expect(gone.every((one) => one.discoveries === 1 && one.polls > 0)).toBe(true);
    await b.stop(again);
  });

  it('is shared by two collectors: each device is polled by one of them', async () => {
    const all = [{ id: 'north' }, { id: 'south' }];
    const [north, south] = all.map(({ id: own }) => bench({ seats: { own, all } })) as [Bench, Bench];
    for (const b of [north, south]) await b.collector.start(addMany(b, 100, 10 * SEC, () => ({})));
    for (const b of [north, south]) await b.clock.advance(30 * SEC);
    const polledBy = (b: Bench) => [...b.fleet].filter(([, one]) => one.polls > 0).map(([name]) => name);
    const [a, c] = [polledBy(north), polledBy(south)];
    expect([...a, ...c].sort()).toEqual([...north.fleet.keys()].sort());
    expect(Math.min(a.length, c.length)).toBeGreaterThan(30);
    expect(north.collector.status().devices).toBe(a.length);
    await north.stop();
    await south.stop();
  });
});

describe('a device that never answered', () => {
  it.each([1, 10, 60, 86_400])('polled every %i s: one cheap question an interval, and found within it', async (intervalS) => {
    const b = bench();
    const sw1 = b.add('sw1', GONE);
    await b.collector.start([device('sw1', intervalS * SEC)]);
    await b.clock.advance(10 * SEC);
    sw1.reaches = 0;
    const everyS = Math.min(60, intervalS);
    await b.clock.advance(10 * everyS * SEC);
    expect(sw1.reaches).toBeGreaterThanOrEqual(9);
    expect(sw1.reaches).toBeLessThanOrEqual(11);
    expect(sw1).toMatchObject({ discoveries: 1, polls: 0 });
    Object.assign(sw1, { failure: null, takesMs: 5 });
    await b.clock.advance((everyS + 1) * SEC);
    expect(sw1).toMatchObject({ discoveries: 2 });
    expect(sw1.polls).toBeGreaterThan(0);
    expect(b.collector.deviceStatus('sw1')?.state).toBe('up');
    await b.stop();
  });

  it('but whose ping does, is looked at again as soon as it comes', async () => {
    const loss = { kind: 'ping', key: 'ping', metric: 'ping.loss_ratio', unit: 'ratio', form: 'gauge', scale: 1 } as const;
    const ping: Bench['fleet'] = new Map();
    const b = bench({ sources: (fleet) => [createScriptedSource('snmp', fleet), createScriptedSource('ping', ping)] });
    const sw1 = b.add('sw1', GONE);
    ping.set('sw1', { ...sw1, ports: [], extra: [loss], failure: null, takesMs: 5 });
    await b.collector.start([device('sw1', 10 * SEC, { sources: [...device('sw1').sources, { type: 'ping' }] })]);
    await b.clock.advance(65 * SEC);
    expect(sw1.discoveries).toBe(1);
    Object.assign(sw1, { failure: null, takesMs: 5 });
    await b.clock.advance(21 * SEC);
    expect(b.collector.deviceStatus('sw1')?.state).toBe('up');
    expect(sw1.discoveries).toBe(2);
    await b.stop();
  });
});

describe('a device of which a part was lost on the way', () => {
  it('is looked at again soon, and then less and less', async () => {
    const b = bench();
    const sw1 = b.add('sw1', { lost: true });
    await b.collector.start([device('sw1', 10 * SEC)]);
    const discoveriesIn = async (minutes: number) => {
      const before = sw1.discoveries;
      await b.clock.advance(minutes * 60 * SEC);
      return sw1.discoveries - before;
    };
    await b.clock.advance(SEC);
    expect(sw1.discoveries).toBe(1);
    expect(await discoveriesIn(5)).toBe(1);
    expect(await discoveriesIn(60)).toBeLessThanOrEqual(4);
    sw1.lost = false;
    expect(await discoveriesIn(61)).toBeGreaterThanOrEqual(1);
    expect(await discoveriesIn(60)).toBe(0);
    await b.stop();
  });
});
