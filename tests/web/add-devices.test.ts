import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { DeviceChange, type DeviceInput, type DeviceView, type InstanceView } from '../../core/api.ts';
import { createAdding, progressLine, tally, type AddOutcome } from '../../web/device/adding.ts';
import { filledFrom, keptSecrets, refusedChange, toChange } from '../../web/device/edit-form.ts';
import { lostHistory } from '../../web/device/lost-history.ts';

const SNMP = { version: '2c', port: 161, timeoutMs: 1000, retries: 1, user: null, auth: null, priv: null } as const;
const V3 = { ...SNMP, version: '3', user: 'ops', auth: 'sha256', priv: 'aes' } as const;
function device(more: Partial<DeviceView> = {}): DeviceView {
  const base = {
    id: 'd',
    name: 'core1',
    address: '192.0.2.1',
    sources: ['snmp 2c'],
    snmp: SNMP,
    ping: false,
    intervalMs: 60_000,
    site: '',
    tags: [],
  };
  return { ...base, ...more } as unknown as DeviceView;
}
const unasked = device({ address: '', sources: [], snmp: null });

describe('the form of a known device', () => {
  const of = (known: DeviceView, change: Partial<ReturnType<typeof filledFrom>>) => ({ ...filledFrom(known), ...change });

  it('changes nothing where nothing was changed', () => {
    const one = fc.record({
      name: fc.stringMatching(/^[a-z0-9.-]{1,20}$/),
      snmp: fc.constantFrom(SNMP, V3, { ...V3, priv: null }, { ...SNMP, version: '1' as const, port: 1161 }, null),
      ping: fc.boolean(),
      intervalMs: fc.integer({ min: 1, max: 86_400 }).map((s) => s * 1000),
      site: fc.constantFrom('', 'Paris'),
      tags: fc.array(fc.constantFrom('edge', 'rack 4', 'a,b')),
    });
    fc.assert(
      fc.property(one, (more) => {
        const sources = [...(more.snmp ? [`snmp ${more.snmp.version}`] : []), ...(more.ping ? ['ping'] : [])];
        const known = device({ ...more, sources, tags: [...new Set(more.tags)] });
        const filled = filledFrom(known);
        expect(filled.community + filled.authKey + filled.privKey).toBe('');
        expect(toChange(known, filled)).toEqual({});
        expect(refusedChange(known, filled)).toEqual({});
      }),
    );
  });

  it.each<[string, DeviceView, Parameters<typeof of>[1], DeviceChange]>([
    ['a name and tags', device(), { name: ' edge ', tags: 'a, b' }, { name: 'edge', tags: ['a', 'b'] }],
    ['a port, back to the usual', device({ snmp: { ...SNMP, port: 1161 } }), { port: '' }, { snmp: { port: 161 } }],
    ['a community', device(), { community: 'sesame' }, { snmp: { community: 'sesame' } }],
    ['ping only', device(), { how: 'ping' }, { snmp: null, ping: true }],
    ['from v3 to v2c', device({ snmp: V3 }), { how: '2c', community: 'c' }, { snmp: { version: '2c', community: 'c' } }],
    [
      'from v2c to v3',
      device(),
      { how: '3', user: 'u', authKey: 'longenough', privKey: 'longenough' },
      { snmp: { version: '3', user: 'u', auth: 'sha256', authKey: 'longenough', priv: 'aes', privKey: 'longenough' } },
    ],
    ['privacy away', device({ snmp: V3 }), { priv: '' }, { snmp: { priv: null } }],
    ['both away', device({ snmp: V3 }), { auth: '' }, { snmp: { auth: null, priv: null } }],
    ['another protocol, the key kept', device({ snmp: V3 }), { auth: 'sha512' }, { snmp: { auth: 'sha512' } }],
    ['an imported one without an address', unasked, { site: 'roof' }, { site: 'roof' }],
    [
      'an imported one that is polled from now on',
      unasked,
      { address: '192.0.2.5', community: 'c' },
      { address: '192.0.2.5', snmp: { version: '2c', community: 'c' }, ping: false },
    ],
  ])('%s', (_, known, change, wanted) => {
    const filled = of(known, change);
    expect(refusedChange(known, filled)).toEqual({});
    expect(toChange(known, filled)).toEqual(wanted);
    expect(Value.Check(DeviceChange, wanted)).toBe(true);
  });

  it('asks for what is not kept', () => {
    expect(refusedChange(device(), of(device(), { how: '3' }))).toEqual({
      'snmp/user': 'Give the user.',
      'snmp/authKey': 'Give the key.',
      'snmp/privKey': 'Give the key.',
    });
    expect(Object.keys(refusedChange(device({ snmp: V3 }), of(device({ snmp: V3 }), { how: '1' })))).toEqual(['snmp/community']);
    expect(Object.keys(refusedChange(device(), of(device(), { address: ' ', name: '' })))).toEqual(['address', 'name']);
    expect([...keptSecrets(device({ snmp: V3 }), of(device({ snmp: V3 }), {}))]).toEqual(['authKey', 'privKey']);
  });

  it('tells what is lost with it', () => {
    const part = (firstSeenMs: number, series: number) =>
      ({ firstSeenMs, metrics: Array.from({ length: series }, () => ({ name: 'a.b', unit: '1' })) }) as unknown as InstanceView;
    const parts = [part(Date.UTC(2022, 0, 1), 30), part(Date.UTC(2021, 5, 3, 12), 4)];
    expect(lostHistory(parts, 'UTC')).toBe('the history of 34 series since 3 Jun 2021');
    expect(lostHistory([], 'UTC')).toBe('its settings; it has no history yet');
  });
});

describe('adding many', () => {
  const many = (n: number) => Array.from({ length: n }, (_, i) => ({ key: String(i), input: { address: `192.0.2.${i}` } }));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const outcome = ({ address, force }: DeviceInput): AddOutcome =>
    address.endsWith('1') && force !== true
      ? { state: 'silent', text: 'No answer.', device: null }
      : address.endsWith('2')
        ? { state: 'failed', text: 'No.', device: null }
        : { state: 'added', text: 'answers', device: address };

  it('asks at most four at a time, and tells each as it ends', async () => {
    let [now, most, ends] = [0, 0, 0];
    const adding = createAdding(
      async (input) => {
        most = Math.max(most, ++now);
        await settle();
        now--;
        return outcome(input);
      },
      () => ends++,
    );
    adding.start(many(10));
    expect(tally(adding.rows())).toMatchObject({ asking: 4, waiting: 6 });
    for (let i = 0; i < 100 && adding.busy(); i++) await settle();
    expect([most, ends]).toEqual([4, 1]);
    expect(progressLine(adding.rows())).toBe('8 of 10 added, 1 not added, 1 did not answer.');
  });

  it('asks again only for those that were not added, and forces only the silent', async () => {
    const asked: string[] = [];
    const adding = createAdding(
      async (input) => {
        asked.push(`${input.address}${input.force ? '!' : ''}`);
        return outcome(input);
      },
      () => undefined,
    );
    adding.start(many(4));
    await settle();
    asked.length = 0;
    adding.retry();
    await settle();
    expect(asked).toEqual(['192.0.2.1', '192.0.2.2']);
    asked.length = 0;
    adding.force();
    await settle();
    expect(asked).toEqual(['192.0.2.1!']);
    expect(tally(adding.rows())).toMatchObject({ added: 3, failed: 1, silent: 0 });
    adding.clear();
    expect(adding.rows()).toEqual([]);
  });

  it('rests, and goes on', async () => {
    const adding = createAdding(
      async (input) => {
        await settle();
        return outcome(input);
      },
      () => undefined,
    );
    adding.start(many(9));
    adding.pause();
    for (let i = 0; i < 20 && adding.busy(); i++) await settle();
    expect(tally(adding.rows())).toMatchObject({ waiting: 5, asking: 0 });
    adding.resume();
    for (let i = 0; i < 20 && adding.busy(); i++) await settle();
    expect(tally(adding.rows())).toMatchObject({ waiting: 0, added: 7 });
  });
});
