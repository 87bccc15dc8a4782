/** kill -9 while polling: nothing that was shown is lost, and the next start goes on with the same history. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import type { DeviceView, EventView, PageOf, SeriesData, SeriesView } from '../../core/api.ts';
import { folder, get, startServer, until, type RunningServer } from '../cli/processes.ts';

const KILLS = process.env['SAGUARO_LONG'] === '1' ? 20 : 3;
const space = folder('kill');
afterAll(() => space.remove());

async function readings(server: RunningServer, name: string): Promise<SeriesData['bins']> {
  const { items } = await get<{ items: SeriesData[] }>(
    server,
    `series/data?${new URLSearchParams({ series: name, from: '-1h', tier: 'raw' })}`,
  );
  return items[0]?.bins ?? [];
}

test(`after each of ${KILLS} kills every reading that was shown is still there`, async () => {
  writeFileSync(join(space.path, 'saguaro.yaml'), 'thisMachine: {interval: 1s, name: here, snmp: false}\n');
  const env = { SAGUARO_CONFIG: join(space.path, 'saguaro.yaml'), SAGUARO_DATA: join(space.path, 'data') };
  let shown: SeriesData['bins'] = [];
  let ids = '';
  const series = 'here/load/load.one';
  for (let kill = 0; kill < KILLS; kill++) {
    const server = await startServer(env);
    try {
      const known = async () => (await get<PageOf<SeriesView>>(server, 'series?metric=load.one')).items;
      const [one] = await until(known, (items) => items.length === 1);
      ids ||= one?.series ?? '';
      expect(one?.series, 'the same series as before').toBe(ids);
      const before = shown;
      const now = await until(
        () => readings(server, series),
        (bins) => bins.filter(({ mean }) => mean !== null).length >= before.filter(({ mean }) => mean !== null).length + 2,
      );
      for (const bin of before) expect(now).toContainEqual(bin);
      await wait(200 + ((kill * 317) % 900));
      shown = await readings(server, series);
      server.signal('SIGKILL');
      expect(await server.ended).toBe('SIGKILL');
    } finally {
      await server.stop();
    }
  }
  const server = await startServer(env);
  try {
    const after = await readings(server, series);
    for (const bin of shown) expect(after).toContainEqual(bin);
    expect((await get<PageOf<DeviceView>>(server, 'devices')).items.map(({ name }) => name)).toEqual(['here']);
    const times = after.map(({ t }) => t);
    expect(
      [...new Set(times)].sort((a, b) => a - b),
      'no reading twice, none out of order',
    ).toEqual(times);
    const { items } = await get<PageOf<EventView>>(server, 'events?kind=collector');
    expect(items.filter(({ cause }) => cause === 'collector down').length).toBeGreaterThanOrEqual(1);
    expect(await server.stop()).toBe(0);
  } finally {
    await server.stop();
  }
}, 180_000);
