import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DeviceAdded, DeviceChanged, DeviceView, PreviewView } from '../../core/api.ts';
import { SecretUnreadable } from '../../core/ports.ts';
import { detailOf, fixtures, world, type World } from './world.ts';

const SECRET = 'hidden-community-7';

describe('changing a device', () => {
  let w: World;
  beforeEach(async () => void (w = await world()));
  afterEach(() => w.close());

  test('a known device is tried with changes: kept secrets go with them, and nothing is stored', async () => {
    await w.post('devices', { address: '192.0.2.1', snmp: { community: SECRET } });
    const answer = await w.post('devices/core1/test', { address: '192.0.2.5', snmp: { port: 1161 }, name: 'other' });
    expect(answer.json<PreviewView>()).toMatchObject({ ok: true });
    expect(w.collector.tested.at(-1)).toMatchObject({
      address: '192.0.2.5',
      secret: { community: SECRET },
      sources: [{ port: 1161 }],
    });
    expect(answer.body).not.toContain(SECRET);
    expect((await w.post('devices/core1/test', {})).json<PreviewView>().ok).toBe(true);
    expect(w.collector.tested.at(-1)).toMatchObject({ address: '192.0.2.1', secret: { community: SECRET } });
    expect((await w.get('devices/core1')).json<DeviceView>()).toMatchObject({ name: 'core1', address: '192.0.2.1' });
  });

  test('tells how it is asked, never by which secret', async () => {
    const snmp = { user: 'ops', auth: 'sha256', authKey: 'auth-key-1', priv: 'aes', privKey: 'priv-key-1', timeoutMs: 500 };
    await w.post('devices', { address: '192.0.2.1', snmp, ping: true });
    const view = (await w.get('devices/core1')).json<DeviceView>();
    const how = { version: '3', port: 161, timeoutMs: 500, retries: 1, user: 'ops', auth: 'sha256', priv: 'aes' };
    expect([view.snmp, view.ping]).toEqual([how, true]);
    const change = await w.ask('PATCH', 'devices/core1', { payload: { snmp: { auth: 'sha512' } } });
    expect(change.json<DeviceChanged>()).toMatchObject({
      snmp: { auth: 'sha512', priv: 'aes' },
      preview: { ok: true, text: expect.stringContaining('answers') as string },
    });
    const kept = async () => JSON.parse((await w.catalog.secrets.get(`snmp:${view.id}`)) ?? 'null') as unknown;
    expect(await kept()).toEqual({ authKey: 'auth-key-1', privKey: 'priv-key-1' });
    await w.ask('PATCH', 'devices/core1', { payload: { snmp: { priv: null } } });
    expect(await kept()).toEqual({ authKey: 'auth-key-1' });
  });

  test('what is only pinged is not asked by SNMP with a community that nobody gave', async () => {
    await fixtures(w.catalog);
    const refused = await w.ask('PATCH', 'devices/web1', { payload: { ping: false } });
    expect([refused.statusCode, detailOf(refused)]).toEqual([
      400,
      'This device is asked by ping only: say how it is asked by SNMP ("snmp") to end the pings.',
    ]);
    const change = await w.ask('PATCH', 'devices/web1', { payload: { ping: false, snmp: { community: SECRET } } });
    expect(change.json<DeviceChanged>()).toMatchObject({ sources: ['snmp 2c'], ping: false });
  });

  test('SNMP is taken away where ping is left, and its secret goes', async () => {
    const { device } = (await w.post('devices', { address: '192.0.2.1', snmp: { community: SECRET } })).json<DeviceAdded>();
    const refused = await w.ask('PATCH', 'devices/core1', { payload: { snmp: null } });
    expect([refused.statusCode, detailOf(refused)]).toEqual([
      400,
      'Without SNMP a device is asked by ping only: give "ping": true as well.',
    ]);
    const change = await w.ask('PATCH', 'devices/core1', { payload: { snmp: null, ping: true } });
    expect(change.json<DeviceChanged>()).toMatchObject({ snmp: null, ping: true, sources: ['ping'] });
    expect(await w.catalog.secrets.get(`snmp:${device.id}`)).toBeNull();
  });

  test.each([
    [{ snmp: { comunity: 'x' } }, 'snmp.comunity', 'In the body, "snmp.comunity" is not known here; did you mean "community"?'],
    [{ snmp: { port: 0 } }, 'snmp.port', 'In the body, "snmp.port" must be at least 1.'],
    [{ snmp: { auth: 'x' } }, 'snmp.auth', 'In the body, "snmp.auth" must be one of md5, sha, sha224, sha256, sha384, sha512.'],
    [{ snmp: 5 }, 'snmp', 'In the body, "snmp" must be a JSON object.'],
    [{ name: 'other' }, 'name', 'A device named "other" exists already: choose another name.'],
    [{ snmp: { user: 'u', auth: 'sha' } }, 'snmp.authKey', '"auth" sha needs "authKey".'],
  ])('%j is refused at its field', async (payload, path, sentence) => {
    await w.post('devices', { address: '192.0.2.1' });
    await fixtures(w.catalog, 'other');
    const answer = await w.ask('PATCH', 'devices/core1', { payload });
    expect(detailOf(answer)).toBe(sentence);
    expect(answer.json<{ errors: { path: string }[] }>().errors.map((error) => error.path)).toEqual([path]);
  });

  test('a secret that cannot be opened is replaced by a new one', async () => {
    const { device } = (await w.post('devices', { address: '192.0.2.1', snmp: { community: SECRET } })).json<DeviceAdded>();
    const lost = vi.spyOn(w.catalog.secrets, 'get').mockRejectedValue(new SecretUnreadable('The key is lost.'));
    const refused = await w.ask('PATCH', 'devices/core1', { payload: { snmp: { port: 1161 } } });
    expect([refused.statusCode, detailOf(refused)]).toEqual([409, 'The key is lost.']);
    const mended = await w.ask('PATCH', 'devices/core1', { payload: { snmp: { community: 'fresh-one' } } });
    expect(mended.statusCode).toBe(200);
    lost.mockRestore();
    expect(await w.catalog.secrets.get(`snmp:${device.id}`)).toBe(JSON.stringify({ community: 'fresh-one' }));
  });
});
