/** Graphs with data, and embeds of them, in a world of a test. */
import type { LightMyRequestResponse } from 'fastify';
import { expect } from 'vitest';
import type { EmbedCreated } from '../../core/embed.ts';
import { seriesKey } from '../../core/model.ts';
import { fixtures, NOW_MS, type World } from './world.ts';

const MIN = 60_000;
/** A link that nobody made. */
export const GUESSED = 'AAAAAAAAAAAAAAAAAAAAAA';
export const LISTED = 'https://wiki.example.org';

export async function fill(to: World, name: string, alias = ''): Promise<string> {
  const { device, eth0 } = await fixtures(to.catalog, name);
  await to.catalog.instances.put([{ ...eth0, name: alias || eth0.name, alias }]);
  const series = eth0.metrics.map((m) => seriesKey(device.id, eth0.id, m.name));
  await to.history.append(
    Array.from({ length: 240 }, (_, i) => ({
      device: device.id,
      tMs: NOW_MS - (240 - i) * MIN,
      intervalMs: MIN,
      series,
      values: Float64Array.of(4e6 + 1e6 * Math.sin(i / 20), 2e6),
    })),
  );
  return `traffic~${device.id}~${eth0.id}`;
}

export async function make(w: World, graph: string, more: object = {}): Promise<EmbedCreated & { path: string }> {
  const answer = await w.post('embeds', { graph, range: '4h', ...more });
  expect(answer.statusCode, answer.body).toBe(201);
  const created = answer.json<EmbedCreated>();
  return { ...created, path: new URL(created.link).pathname };
}
/** The sentence of a picture that stands in the place of a graph. */
export const excuse = (answer: LightMyRequestResponse): string => {
  expect([answer.statusCode, answer.headers['cache-control'], answer.headers['etag']]).toEqual([200, 'no-store', undefined]);
  return String(answer.headers['x-graph-error']);
};
