/** The whole program told to end while thousands of samples wait for a server that is away: it ends in time, and loses and doubles nothing. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../collector/clock.ts';
import { DEFAULT_TIERS, seriesKey } from '../../core/model.ts';
import type { DestinationView } from '../../core/status.ts';
import { createHistory } from '../../store/history.ts';
import { createInfluxStore } from '../../store/influx/store.ts';
import { openStore } from '../../store/opening.ts';
import { folder, get, startServer, until, type RunningServer } from '../cli/processes.ts';
import { quiet } from '../store/histories.ts';
import { startInflux, type InfluxServer } from '../store/influx-server.ts';

const SERIES = 100;
const MINUTES = 60;
const END_MS = 10_000;

/** A way to the server that can be cut: connections are closed, or taken and never answered. Keeps which lines it was given. */
async function startWay(real: string) {
  const lines: string[] = [];
  const way = { url: '', state: 'closed' as 'closed' | 'silent' | 'open', asked: 0, lines, end };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    way.asked++;
    if (way.state === 'closed') return void request.socket.destroy();
    if (way.state === 'silent') return;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
    const type = request.headers['content-type'];
    const answer = await fetch(`${real}${request.url}`, {
      method: request.method ?? 'GET',
      ...(request.method === 'GET' ? {} : { body }),
      headers: type === undefined ? {} : { 'content-type': type },
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.ok && request.url?.startsWith('/write')) lines.push(...body.toString().split('\n'));
    const text = await answer.text();
    response.writeHead(answer.status, { 'x-influxdb-version': answer.headers.get('x-influxdb-version') ?? '' });
    response.end(text);
  };
  const server = createServer((request, response) => void handle(request, response).catch(() => request.socket.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  way.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  async function end() {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
  return way;
}

describe('told to end with a full queue', () => {
  const { path, remove } = folder('queue');
  let influx: InfluxServer;
  let way: Awaited<ReturnType<typeof startWay>>;
  let server: RunningServer | null = null;
  beforeAll(async () => {
    influx = await startInflux();
    way = await startWay(influx.url);
  });
  afterAll(async () => {
    await server?.stop();
    await way?.end();
    await influx?.end();
    remove();
  });

  it('ends in time with status 0, and the server gets everything once after the next start', { timeout: 60_000 }, async () => {
    const influxdb = { url: way.url, token: null, org: null, version: 'auto' as const, prefix: 'saguaro', timeoutMs: 10_000 };
    const series = Array.from({ length: SERIES }, (_none, n) => seriesKey('queued', `if${n}`, 'interface.in_bps'));
    const firstMs = Math.floor(Date.now() / 60_000) * 60_000 - (MINUTES + 1) * 60_000;
    const timeAt = (i: number) => firstMs + i * 60_000;
    const valueAt = (i: number, n: number) => i * 1_000 + n;
    const clock = createSystemClock();
    const settings = {
      kind: 'influxdb' as const,
      influxdb,
      victoriametrics: null,
      spool: { maxBytes: 2 ** 30, maxAgeMs: 86_400_000 },
    };
    const { store } = await openStore(settings, path, clock, quiet);
    const history = await createHistory({ store, tiers: DEFAULT_TIERS, nowMs: () => clock.nowMs(), log: quiet });
    for (let i = 0; i < MINUTES; i++)
      await history.append([
        {
          ...{ device: 'queued', tMs: timeAt(i), intervalMs: 60_000, series },
          values: Float64Array.from(series, (_key, n) => valueAt(i, n)),
        },
      ]);
    await history.close();

    const config = join(path, 'saguaro.yaml');
    writeFileSync(config, 'thisMachine: { interval: 1s, snmp: false }\n');
    const start = () =>
      startServer({ SAGUARO_CONFIG: config, SAGUARO_DATA: path, SAGUARO_STORE: 'influxdb', SAGUARO_INFLUXDB_URL: way.url });
    const end = async (running: RunningServer, when: string) => {
      const toldMs = performance.now();
      running.signal('SIGTERM');
      expect(await running.ended, `${when}: ${running.output()}`).toBe(0);
      expect(performance.now() - toldMs, `${when}: ${running.output()}`).toBeLessThan(END_MS);
      // That its own end cut off what was under way is no news.
      expect(running.output()).not.toMatch(/store was closed|aborted/);
      server = null;
    };
    const destination = async (of: RunningServer) =>
      (await get<{ store: { destination: DestinationView | null } }>(of, 'status')).store.destination;
    for (const state of ['closed', 'silent'] as const) {
      way.state = state;
      way.asked = 0;
      server = await start();
      expect((await destination(server))?.waitingLines).toBeGreaterThanOrEqual(SERIES * MINUTES);
      await until(
        () => Promise.resolve(way.asked),
        (asked) => asked > 0,
      );
      await end(server, state);
    }
    expect(way.lines).toEqual([]);

    way.state = 'open';
    const again = (server = await start());
    await until(
      () => destination(again),
      (found) => found?.state === 'ok' && found.waitingLines === 0,
    );
    expect(await destination(again)).toMatchObject({ droppedLines: 0, refusedLines: 0, expiredLines: 0, damagedBytes: 0 });
    // Silent in the middle of its work, with a parcel under way.
    way.state = 'silent';
    way.asked = 0;
    await until(
      () => Promise.resolve(way.asked),
      (asked) => asked > 0,
    );
    await end(again, 'silent later');
    const raw = way.lines.filter((line) => /^interface,device=queued,\S+ in_bps=/.test(line));
    expect(raw).toHaveLength(SERIES * MINUTES);
    expect(new Set(raw).size).toBe(SERIES * MINUTES);
    const there = createInfluxStore({ ...influxdb, url: influx.url, log: quiet });
    try {
      const records = await there.raw(series, -Infinity, Infinity);
      expect(records.map(({ tMs, value }) => [[...tMs], [...value]])).toEqual(
        series.map((_key, n) => [
          Array.from({ length: MINUTES }, (_none, i) => timeAt(i)),
          Array.from({ length: MINUTES }, (_none, i) => valueAt(i, n)),
        ]),
      );
    } finally {
      await there.close();
    }
  });
});
