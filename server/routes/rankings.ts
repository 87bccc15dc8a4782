/** Interfaces and filesystems with what they carry now: the tables of a device, and the busiest and fullest of all. */
import { Type } from 'typebox';
import { Page } from '../../core/api.ts';
import { HEARTBEAT, type Device, type Instance } from '../../core/model.ts';
import {
  FilesystemView,
  filesystemNow,
  interfaceNow,
  InterfaceView,
  type InterfaceNow,
  type LatestOf,
  type Spark,
} from '../../core/now.ts';
import type { App, RouteDeps } from '../parts.ts';
import type { Stocked } from '../inventory.ts';
import { isLoopback } from '../../core/parts.ts';
import { createNameOrder, type Place } from '../name-order.ts';
import { problems } from '../openapi.ts';
import { byName, pageInOrder } from '../paging.ts';
import { notFound, quoted } from '../problem.ts';
import { rangeOf } from '../ranges.ts';
import { byFigure, keysOf, lastValues, matcher, rankingQuery, type Ranked } from '../ranking.ts';
import { readSparks } from '../sparks.ts';

/** Orders, with the fields that decide them; by name nothing is measured. */
const INTERFACE_ORDERS = {
  name: null,
  used: ['oper_up', 'in_bps', 'out_bps'],
  in: ['oper_up', 'in_bps'],
  out: ['oper_up', 'out_bps'],
  speed: [],
  errors: ['oper_up', 'in_errors_per_s', 'out_errors_per_s'],
  discards: ['oper_up', 'in_discards_per_s', 'out_discards_per_s'],
} as const;
const FILESYSTEM_ORDERS = {
  name: null,
  used: ['used_bytes', 'size_bytes'],
  size: ['size_bytes'],
  free: ['used_bytes', 'size_bytes'],
} as const;
const namesOf = <T extends object>(orders: T) => Object.keys(orders) as (keyof T & string)[];
const tags = ['devices'];

type RankingQuery = {
  device?: string;
  site?: string;
  tag?: string;
  q?: string;
  order?: 'ascending' | 'descending';
  spark?: string;
  limit?: number;
  cursor?: string;
};

export async function rankingRoutes(app: App, deps: RouteDeps): Promise<void> {
  const interfaces = createRanking(deps, 'interface', interfaceNow, HEARTBEAT);
  // How full a disk was says something for longer than what a port carried.
  const filesystems = createRanking(deps, 'disk', filesystemNow, Infinity);

  app.get(
    '/interfaces',
    {
      schema: {
        operationId: 'listInterfaces',
        summary: 'Interfaces with their traffic, utilisation and errors now; sorted, of one device or of all',
        tags,
        querystring: Type.Object(
          { ...rankingQuery, sort: Type.Optional(Type.Enum(namesOf(INTERFACE_ORDERS))) },
          { additionalProperties: false },
        ),
        response: { 200: Page(InterfaceView), ...problems },
      },
    },
    async ({ query }) => {
      const sort = query.sort ?? 'name';
      const { items, nextCursor } = await interfaces.page(query, INTERFACE_ORDERS[sort], ({ now, instance }) => {
        switch (sort) {
          case 'used':
            // Where the speed is unknown the traffic decides, after all that have one; the loopback's leads nowhere.
            return now.used ?? (isLoopback(instance.key) ? null : traffic(now) * SPEEDLESS);
          case 'in':
            return now.inBps;
          case 'out':
            return now.outBps;
          case 'speed':
            return now.speedBps;
          case 'errors':
            return now.errorsPerS;
          case 'discards':
            return now.discardsPerS;
          case 'name':
            return 0;
        }
      });
      const sparks = await interfaces.sparks(query, items, ['in_bps', 'out_bps']);
      return {
        items: items.map((row, i) => ({ ...placeOf(row, 'traffic', 'in_bps', 'out_bps'), ...row.now, spark: sparks[i] ?? null })),
        nextCursor,
      };
    },
  );

  app.get(
    '/filesystems',
    {
      schema: {
        operationId: 'listFilesystems',
        summary: 'Filesystems with how full they are; sorted, of one device or of all',
        tags,
        querystring: Type.Object(
          { ...rankingQuery, sort: Type.Optional(Type.Enum(namesOf(FILESYSTEM_ORDERS))) },
          { additionalProperties: false },
        ),
        response: { 200: Page(FilesystemView), ...problems },
      },
    },
    async ({ query }) => {
      const sort = query.sort ?? 'name';
      const { items, nextCursor } = await filesystems.page(query, FILESYSTEM_ORDERS[sort], ({ now, instance }) => {
        switch (sort) {
          case 'used':
            return there(instance) ? now.used : null;
          case 'size':
            return now.sizeBytes;
          case 'free':
            return !there(instance) || now.usedBytes === null || now.sizeBytes === null ? null : now.sizeBytes - now.usedBytes;
          case 'name':
            return 0;
        }
      });
      const sparks = await filesystems.sparks(query, items, ['used_bytes']);
      return {
        items: items.map((row, i) => ({
          ...placeOf(row, 'disk', 'used_bytes'),
          ...row.now,
          spark: sparks[i] ?? null,
          grownBytes: grown(row.now.usedBytes, sparks[i]),
        })),
        nextCursor,
      };
    },
  );
}

const there = ({ vanishedMs }: Instance) => vanishedMs === null;

/** A poll takes its time, and what it brings is written in turns. */
const SLACK_MS = 10_000;
const RANKED_AT_ONCE = 5_000;
/** Makes any traffic less than any share of a speed. */
const SPEEDLESS = 1e-24;
/** Null, as a number that is none, when neither direction is known. */
function traffic({ inBps, outBps }: InterfaceNow): number {
  return inBps === null && outBps === null ? NaN : Math.max(inBps ?? 0, outBps ?? 0);
}

/** @param intervals how many poll intervals a value is called "now" */
function createRanking<Now>(
  deps: RouteDeps,
  kind: string,
  nowOf: (instance: Instance, latest: LatestOf) => Now,
  intervals: number,
) {
  const { history, clock, config, inventory } = deps;
  const inOrder = createNameOrder(kind);
  return {
    /** One page; only a figure to sort by needs values of all rows, and those it is made of alone. */
    async page(query: RankingQuery, fields: readonly string[] | null, figure: (row: Ranked<Now>) => number | null) {
      const matches = matcher(query.q);
      const places = inOrder(await stockOf(query)).filter(({ device, instance }) => matches(device, instance));
      const withNow = async (rows: readonly Place[], some?: readonly string[]): Promise<Ranked<Now>[]> => {
        const nowMs = clock.nowMs();
        // What nothing polls has no now; on its own page its last values are what there is to see.
        const oldestMs = ({ sources, intervalMs }: Device) =>
          sources.length === 0 ? (query.device === undefined ? Infinity : -Infinity) : nowMs - intervals * intervalMs - SLACK_MS;
        const last = await lastValues(history, rows, oldestMs, some);
        return rows.map((row, i) => ({
          ...row,
          now: nowOf(row.instance, last[i]?.of ?? (() => null)),
          newestMs: last[i]?.newestMs ?? null,
        }));
      };
      if (fields === null) {
        const { items, nextCursor } = pageInOrder(query.order === 'descending' ? places.toReversed() : places, query);
        return { items: await withNow(items), nextCursor };
      }
      const figures = new Float64Array(places.length);
      for (let from = 0; from < places.length; from += RANKED_AT_ONCE) {
        // Of hundreds of thousands only the figure is kept, and others have their turn in between.
        if (from > 0) await clock.sleep(0);
        const some = await withNow(places.slice(from, from + RANKED_AT_ONCE), fields);
        some.forEach((row, i) => (figures[from + i] = figure(row) ?? NaN));
      }
      const { items, nextCursor } = pageInOrder(byFigure(places, figures, query.order !== 'ascending'), query);
      return { items: await withNow(items), nextCursor };
    },
    async sparks(query: RankingQuery, rows: readonly Ranked<Now>[], fields: readonly string[]): Promise<Spark[]> {
      if (query.spark === undefined || rows.length === 0) return [];
      const nowMs = clock.nowMs();
      const range = rangeOf({ from: query.spark }, nowMs, config.zone);
      const intervalMs = Math.max(...rows.map(({ device }) => device.intervalMs));
      const series = rows.map(({ instance }) => keysOf(instance, fields));
      return readSparks(history, series, { ...range, nowMs, intervalMs });
    },
  };

  async function stockOf({ device, site, tag }: RankingQuery): Promise<readonly Stocked[]> {
    if (device !== undefined) {
      const find = (picture: ReadonlyMap<string, Stocked>) =>
        picture.get(device) ?? picture.values().find((stocked) => stocked.device.name === device);
      const found = find(await inventory((picture) => find(picture) !== undefined));
      if (!found) throw notFound(`There is no device ${quoted(device)}.`);
      return [found];
    }
    return [...(await inventory()).values()]
      .filter(
        (stocked) =>
          (site === undefined || stocked.device.site === site) && (tag === undefined || stocked.device.tags.includes(tag)),
      )
      .sort((a, b) => byName(a.device.name, b.device.name));
  }
}

function placeOf<Now>({ device, instance, newestMs }: Ranked<Now>, graph: string, ...fields: string[]) {
  const drawn = keysOf(instance, fields).some((key) => key !== null);
  return {
    device: device.id,
    deviceName: device.name,
    site: device.site,
    instance: instance.id,
    name: instance.name === '' ? instance.key : instance.name,
    alias: instance.alias,
    graph: drawn ? `${graph}~${device.id}~${instance.id}` : null,
    vanishedMs: instance.vanishedMs,
    newestMs,
  };
}

/** What came since the begin of the sparkline; unknown where its first slots are. */
function grown(usedBytes: number | null, spark: Spark | undefined): number | null {
  const first = spark?.lines[0]?.slice(0, EARLY_SLOTS).find((value) => value !== null) ?? null;
  return usedBytes === null || first === null ? null : usedBytes - first;
}
const EARLY_SLOTS = 4;
