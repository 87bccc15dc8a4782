import { describe, expect, it } from 'vitest';
import type { Device, Event } from '../../core/model.ts';
import { bench, createScriptedSource, device, TIMEOUT, type Bench } from './fleet.ts';

const SEC = 1000;
const told = (of: Bench) => of.catalog.all.events.map((event: Event) => [event.kind, event.cause]);
const rates = (values: readonly (number | null)[]) => values.filter((value) => value !== null);

describe('a device that is watched', () => {
  it('is discovered, kept in the catalog, and gives its first points after two polls', async () => {
    const b = bench();
    b.add('sw1', { ports: ['eth0', 'eth1'] });
    await b.catalog.devices.put(device('sw1'));
    await b.collector.start([device('sw1')]);
    await b.clock.advance(SEC);
    expect([...b.catalog.all.instances.values()].map((one) => [one.kind, one.key, one.vanishedMs])).toEqual([
      ['interface', 'eth0', null],
      ['interface', 'eth1', null],
      ['load', 'load', null],
    ]);
    expect(b.catalog.all.devices.get('sw1')?.facts.sysName).toBe('name-of-sw1');
    await b.clock.advance(59 * SEC);
    expect(b.values('sw1', 'load').slice(0, 3)).toEqual([null, 0.5, 0.5]);
    expect(b.values('sw1', 'eth1').slice(0, 3)).toEqual([null, null, 100]);
    expect(rates(b.values('sw1', 'eth1')).every((value) => value === 100)).toBe(true);
    expect(b.collector.deviceStatus('sw1')).toMatchObject({ state: 'up', reason: '', failures: 0, skipped: 0 });
    expect(b.collector.status()).toMatchObject({ devices: 1, failures: 0, lateReplies: 0, gaps: {} });
    expect(told(b)).toEqual([['added', null]]);
    await b.stop();
  });

  it('answers a test and a watch with one sentence', async () => {
    const b = bench();
    b.add('sw1', { ports: ['eth0', 'eth1'] });
    b.add('gone', { failure: TIMEOUT });
    const testing = b.collector.test({ address: 'sw1', sources: device('sw1').sources, secret: null });
    await b.clock.advance(SEC);
    expect(await testing).toMatchObject({ ok: true, text: 'answers SNMP 2c in 5.0 ms as name-of-sw1: 2 interfaces, load.' });
    const failing = b.collector.watch(device('gone'));
    await b.clock.advance(SEC);
    expect(await failing).toEqual(TIMEOUT);
    await b.stop();
  });

  it('is polled out of turn on demand, never twice at once', async () => {
    const b = bench();
    const sw1 = b.add('sw1', { takesMs: 2000 });
    const watching = b.collector.watch(device('sw1', 3600 * SEC));
    await b.clock.advance(10 * SEC);
    await watching;
    expect(sw1.polls).toBe(1);
    const asked = [b.collector.pollNow('sw1'), b.collector.pollNow('sw1')];
    await b.clock.advance(3 * SEC);
    expect(await Promise.all(asked)).toEqual(Array(2).fill({ ok: true, text: '2 values came in 2000 ms.', samples: 2 }));
    expect(sw1.polls).toBe(2);
    expect(await b.collector.pollNow('nobody')).toMatchObject({ ok: false, samples: 0 });
    await b.stop();
  });

  it('changes its interval without a gap, and is left alone once it is no longer watched', async () => {
    const b = bench();
    const sw1 = b.add('sw1');
    await b.collector.start([device('sw1', 60 * SEC)]);
    await b.clock.advance(150 * SEC);
    const watching = b.collector.watch(device('sw1', SEC));
    await b.clock.advance(10 * SEC);
    await watching;
    expect(sw1.polls).toBeGreaterThan(9);
    expect(
      b
        .values('sw1', 'eth0')
        .slice(2)
        .every((value) => value === 100),
    ).toBe(true);
    const leaving = b.collector.unwatch('sw1');
    await b.clock.advance(SEC);
    await leaving;
    const n = sw1.polls;
    const rows = b.history.rows.length;
    await b.clock.advance(60 * SEC);
    expect([sw1.polls, b.history.rows.length]).toEqual([n, rows]);
    expect(b.collector.deviceStatus('sw1')).toBeNull();
    await b.stop();
  });
});

describe('a device that fails', () => {
  it('is down after two failed polls, is probed, and comes back within one interval with one gap told', async () => {
    const b = bench();
    const sw1 = b.add('sw1');
    await b.collector.start([device('sw1')]);
    await b.clock.advance(60 * SEC);
    sw1.failure = TIMEOUT;
    await b.clock.advance(11 * SEC);
    expect(b.collector.deviceStatus('sw1')?.state).toBe('up');
    await b.clock.advance(50 * SEC);
    expect(b.collector.deviceStatus('sw1')).toMatchObject({ state: 'down', reason: TIMEOUT.text });
    expect(sw1.lastTarget).toMatchObject({ spec: { retries: 0 } });
    expect(
      b.catalog.all.events
        .filter((event) => event.toMs === null)
        .map((event) => event.kind)
        .sort(),
    ).toEqual(['down', 'gap']);
    sw1.failure = null;
    await b.clock.advance(11 * SEC);
    expect(b.collector.deviceStatus('sw1')?.state).toBe('up');
    await b.clock.advance(30 * SEC);
    expect(b.catalog.all.events.filter((event) => event.toMs === null)).toEqual([]);
    expect(told(b)).toEqual([
      ['added', null],
      ['down', 'timeout'],
      ['gap', 'timeout'],
    ]);
    expect(rates(b.values('sw1', 'eth0')).every((value) => value === 100)).toBe(true);
    expect(b.values('sw1', 'load').slice(-4)).toEqual([0.5, 0.5, 0.5, 0.5]);
    await b.stop();
  });

  it('one that was dead from the beginning is taken up when it comes', async () => {
    const b = bench();
    const sw1 = b.add('sw1', { failure: TIMEOUT });
    await b.collector.start([device('sw1')]);
    await b.clock.advance(60 * SEC);
    expect(b.collector.deviceStatus('sw1')).toMatchObject({ state: 'down', lastOkMs: null });
    sw1.failure = null;
    await b.clock.advance(10 * SEC);
    expect(b.collector.deviceStatus('sw1')?.state).toBe('up');
    await b.clock.advance(20 * SEC);
    expect(b.values('sw1', 'eth0').slice(-2)).toEqual([100, 100]);
    await b.stop();
  });

  it('that restarted shows as a restart and never as a spike', async () => {
    const b = bench();
    const sw1 = b.add('sw1');
    await b.collector.start([device('sw1')]);
    await b.clock.advance(60 * SEC);
    sw1.upSince = b.clock.monoMs() + 2 * SEC;
    await b.clock.advance(60 * SEC);
    const restarts = b.catalog.all.events.filter((event) => event.kind === 'restart');
    expect(restarts).toHaveLength(1);
    expect(restarts[0]?.text).toMatch(/^The device restarted after \d+ min; it has been up for \d+ s\.$/);
    expect(b.collector.status().gaps).toEqual({ restarted: 1 });
    expect(rates(b.values('sw1', 'eth0')).every((value) => value === 100)).toBe(true);
    await b.stop();
  });

  it('never touches another: one hangs for ever, one throws, one answers nonsense times', async () => {
    const b = bench();
    b.add('good');
    b.add('hangs');
    b.add('slow');
    await b.collector.start([device('good', SEC), device('hangs', SEC), device('slow', SEC), device('nobody', SEC)]);
    await b.clock.advance(10 * SEC);
    b.fleet.get('hangs')!.takesMs = Infinity;
    b.fleet.get('slow')!.takesMs = 2500;
    await b.clock.advance(100 * SEC);
    expect(
      b
        .values('good', 'eth0')
        .slice(3)
        .every((value) => value === 100),
    ).toBe(true);
    expect(b.values('good', 'eth0').length).toBeGreaterThan(105);
    expect(b.collector.deviceStatus('good')).toMatchObject({ failures: 0, skipped: 0 });
    expect(b.collector.deviceStatus('hangs')).toMatchObject({
      state: 'down',
      reason: 'Earlier questions have still not ended; it is asked again later.',
    });
    // One that never ends is not asked without bound.
    expect(b.fleet.get('hangs')?.polls).toBeLessThan(30);
    expect(b.collector.deviceStatus('slow')?.skipped).toBeGreaterThan(50);
    expect(b.collector.deviceStatus('nobody')?.state).toBe('down');
    expect(b.logs.some((line) => line.includes('no device at nobody'))).toBe(true);
    await b.stop();
  });

  it('late answers are dropped and counted', async () => {
    const b = bench();
    const sw1 = b.add('sw1');
    await b.collector.start([device('sw1', SEC)]);
    await b.clock.advance(5 * SEC);
    const rows = b.history.rows.length;
    Object.assign(sw1, { takesMs: 9_000, deaf: true });
    // Given up after 7.25 s; what follows is quick again.
    await b.clock.advance(7 * SEC);
    Object.assign(sw1, { takesMs: 5, deaf: false });
    await b.clock.advance(15 * SEC);
    expect(b.collector.status().lateReplies).toBe(1);
    expect(b.history.rows.length).toBeGreaterThan(rows);
    expect(rates(b.values('sw1', 'eth0')).every((value) => value === 100)).toBe(true);
    await b.stop();
  });
});

describe('what a device has', () => {
  it('new, vanished and returned parts are told, and keep their identity', async () => {
    const b = bench();
    const sw1 = b.add('sw1', { ports: ['a', 'b'] });
    await b.collector.start([device('sw1')]);
    await b.clock.advance(30 * SEC);
    const idOf = (key: string) => [...b.catalog.all.instances.values()].find((one) => one.key === key)?.id;
    const before = idOf('b');
    const change = async (ports: string[]) => {
      sw1.ports = ports;
      const again = b.collector.rediscover('sw1');
      await b.clock.advance(SEC);
      await again;
      await b.clock.advance(30 * SEC);
    };
    await change(['a', 'c']);
    expect(b.catalog.all.instances.get(before ?? '')?.vanishedMs).not.toBeNull();
    await change(['b', 'a', 'c']);
    expect(idOf('b')).toBe(before);
    expect(b.catalog.all.instances.get(before ?? '')?.vanishedMs).toBeNull();
    const texts = b.catalog.all.events.map((event) => event.text);
    expect(texts).toContain('interface c is new.');
    expect(texts).toContain('interface b is gone; its history stays.');
    expect(texts).toContain('interface b is back.');
    expect(
      rates([...b.values('sw1', 'a'), ...b.values('sw1', 'b'), ...b.values('sw1', 'c')]).every((value) => value === 100),
    ).toBe(true);
    // What was away comes back with an unknown record before its first value.
    const rows = b.values('sw1', 'b');
    expect(rows.slice(-3)).toEqual([null, 100, 100]);
    await b.stop();
  });

  it('the gap of a part that is gone ends, and does not go on when it is back', async () => {
    const b = bench();
    const sw1 = b.add('sw1', { ports: ['a', 'b'] });
    await b.collector.start([device('sw1')]);
    await b.clock.advance(30 * SEC);
    sw1.ports = ['a'];
    await b.clock.advance(30 * SEC);
    const gaps = () => b.catalog.all.events.filter((event) => event.kind === 'gap').map((event) => event.toMs !== null);
    expect(gaps()).toEqual([false]);
    const looking = b.collector.rediscover('sw1');
    await b.clock.advance(30 * SEC);
    await looking;
    expect(gaps()).toEqual([true]);
    await b.stop();
  });

  it('is looked at again every six hours, and soon when a poll says that the plan is stale', async () => {
    const b = bench();
    const sw1 = b.add('sw1');
    await b.collector.start([device('sw1', 600 * SEC)]);
    await b.clock.advance(3 * 3600 * SEC - SEC);
    expect(sw1.discoveries).toBe(1);
    await b.clock.advance(3 * 3600 * SEC + SEC);
    expect(sw1.discoveries).toBe(2);
    await b.clock.advance(6 * 3600 * SEC);
    expect(sw1.discoveries).toBe(3);
    sw1.stalePlan = true;
    await b.clock.advance(601 * SEC);
    expect(sw1.discoveries).toBe(4);
    await b.stop();
  });

  it('a poll in flight is read by the plan it was asked by', async () => {
    const b = bench();
    const sw1 = b.add('sw1', { ports: ['eth0', 'eth1'] });
    await b.collector.start([device('sw1')]);
    await b.clock.advance(60 * SEC);
    sw1.takesMs = 3 * SEC;
    for (const polls = sw1.polls; sw1.polls === polls;) await b.clock.advance(100);
    sw1.takesMs = 5;
    sw1.ports = ['eth1'];
    const looking = b.collector.rediscover('sw1');
    await b.clock.advance(30 * SEC);
    expect(await looking).toMatchObject({ ok: true });
    expect(new Set(b.values('sw1', 'load'))).toEqual(new Set([null, 0.5]));
    expect(new Set(b.values('sw1', 'eth1'))).toEqual(new Set([null, 100]));
    await b.stop();
  });

  it('a catalog that takes nothing for a while keeps nobody from being polled afterwards', async () => {
    const b = bench();
    b.add('sw1');
    const { instances } = b.catalog;
    const put = instances.put.bind(instances);
    instances.put = () => Promise.reject(new Error('the disk is full'));
    await b.collector.start([device('sw1')]);
    await b.clock.advance(30 * SEC);
    instances.put = put;
    await b.clock.advance(60 * SEC);
    expect(b.collector.deviceStatus('sw1')?.state).toBe('up');
    expect(rates(b.values('sw1', 'eth0')).length).toBeGreaterThan(2);
    await b.stop();
  });

  it('a discovery that fails takes nothing away', async () => {
    const b = bench();
    const sw1 = b.add('sw1', { ports: ['a', 'b'] });
    await b.collector.start([device('sw1')]);
    await b.clock.advance(30 * SEC);
    sw1.failure = TIMEOUT;
    const again = b.collector.rediscover('sw1');
    await b.clock.advance(SEC);
    expect((await again).ok).toBe(false);
    sw1.failure = null;
    await b.clock.advance(30 * SEC);
    expect([...b.catalog.all.instances.values()].every((one) => one.vanishedMs === null)).toBe(true);
    expect(b.values('sw1', 'b').slice(-1)).toEqual([100]);
    await b.stop();
  });

  it('two sources of one device: nothing twice, ping alone makes nobody down', async () => {
    const loss = { kind: 'ping', key: 'ping', metric: 'ping.loss_ratio', unit: 'ratio', form: 'gauge', scale: 2 } as const;
    const local = new Map();
    const ping = new Map();
    const b = bench({
      sources: (fleet) => [
        createScriptedSource('local', local as never),
        createScriptedSource('snmp', fleet),
        createScriptedSource('ping', ping as never),
      ],
    });
    b.add('me', {
      ports: ['eth0', 'eth9'],
      extra: [{ kind: 'interface', key: 'eth0', metric: 'interface.extra', unit: '1', form: 'gauge', scale: 1 }],
    });
    local.set('me', { ...b.fleet.get('me')!, ports: ['eth0'], extra: [], covers: ['interface', 'load'] });
    ping.set('me', { ...b.fleet.get('me')!, ports: [], extra: [loss], failure: TIMEOUT });
    const me: Device = device('me', 10 * SEC, { sources: [{ type: 'local' }, ...device('me').sources, { type: 'ping' }] });
    await b.collector.start([me]);
    await b.clock.advance(60 * SEC);
    expect([...b.catalog.all.instances.values()].map((one) => [one.key, one.metrics.map((metric) => metric.name)])).toEqual([
      ['eth0', ['interface.in_bps', 'interface.extra']],
      ['load', ['load.one']],
    ]);
    expect(b.collector.deviceStatus('me')?.state).toBe('up');
    expect(b.collector.deviceStatus('me')?.failures).toBe(0);
    await b.stop();
  });

  it('that ping answers makes up for no other source: neither in a test nor in the state', async () => {
    const loss = { kind: 'ping', key: 'ping', metric: 'ping.loss_ratio', unit: 'ratio', form: 'gauge', scale: 1 } as const;
    const ping: Bench['fleet'] = new Map();
    const b = bench({
      sources: (fleet) => [createScriptedSource('snmp', fleet), createScriptedSource('ping', ping)],
    });
    const sw1 = b.add('sw1', { failure: TIMEOUT });
    const pinged = { ...sw1, ports: [], extra: [loss], failure: null as typeof sw1.failure };
    ping.set('sw1', pinged);
    const both: Device = device('sw1', 10 * SEC, { sources: [...device('sw1').sources, { type: 'ping' }] });
    const trying = (sources: Device['sources']) => b.collector.test({ address: 'sw1', sources, secret: null });
    const tried = [trying(both.sources), trying([{ type: 'ping' }]), b.collector.watch(both)];
    await b.clock.advance(60 * SEC);
    const failed = { ok: false, cause: 'timeout', text: `${TIMEOUT.text} It answers ping.` };
    expect(await Promise.all(tried)).toEqual([failed, expect.objectContaining({ ok: true }), failed]);
    expect(b.collector.deviceStatus('sw1')).toMatchObject({
      state: 'stale',
      reason: `Answers ping, but nothing else: ${TIMEOUT.text}`,
    });
    expect(b.clock.nowMs() - (b.collector.deviceStatus('sw1')?.lastOkMs ?? 0)).toBeLessThan(11 * SEC);
    expect(b.catalog.all.events.filter((event) => event.kind === 'down')).toEqual([]);
    pinged.failure = TIMEOUT;
    await b.clock.advance(120 * SEC);
    expect(b.collector.deviceStatus('sw1')).toMatchObject({ state: 'down', reason: TIMEOUT.text });
    sw1.failure = null;
    await b.clock.advance(300 * SEC);
    expect(b.collector.deviceStatus('sw1')).toMatchObject({ state: 'up', reason: '' });
    await b.stop();
  });
});

it('five hundred devices, a fifth of them dead: the living are on time', async () => {
  const b = bench({ inFlight: 100 });
  const devices: Device[] = [];
  for (let i = 0; i < 500; i++) {
    const name = `sw${String(i)}`;
    b.add(name, i % 5 === 0 ? { failure: TIMEOUT, takesMs: 2000 } : {});
    devices.push(device(name, 10 * SEC));
  }
  await b.collector.start(devices);
  await b.clock.advance(60 * SEC);
  const before = new Map([...b.fleet].map(([name, one]) => [name, one.polls]));
  await b.clock.advance(50 * SEC);
  for (const [name, one] of b.fleet) if (one.failure === null) expect(one.polls - (before.get(name) ?? 0)).toBe(5);
  expect(b.collector.status().latenessMs).toBeLessThan(5);
  await b.stop();
}, 60_000);
