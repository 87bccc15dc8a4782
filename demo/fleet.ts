/**
 * Who is in the simulated fleet: the servers, switches and routers of a small non-profit web host in
 * three places. The same seed and anchor give the same fleet.
 */
import { cpu, disk, GBPS, GIB, link, load, MBPS, memory, TIB, uptime, type DemoPart } from './parts.ts';
import { DAY_MS, HOUR_MS, noise, seedOf } from './shape.ts';

export const SITES = ['cellar', 'attic', 'annexe'] as const;
export type Site = (typeof SITES)[number];

/** A stretch of which nothing is known, and why. */
export interface DemoGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly text: string;
}
/** What it does besides answering. */
export type Quirk = 'down' | 'restarts soon' | 'falls silent now and then';

export interface DemoDevice {
  readonly name: string;
  readonly kind: 'server' | 'switch' | 'router';
  readonly site: Site;
  readonly tags: readonly string[];
  /** One of its own on loopback. */
  readonly address: string;
  readonly sysDescr: string;
  readonly sysObjectId: string;
  /** When it started, ascending; the last one counts now. */
  readonly bootsMs: readonly number[];
  readonly parts: readonly DemoPart[];
  readonly gaps: readonly DemoGap[];
  readonly quirk: Quirk | null;
  readonly seed: number;
}

export interface DemoFleet {
  readonly seed: number;
  /** Where the past ends and the agents go on; fillings are given for this moment. */
  readonly anchorMs: number;
  readonly devices: readonly DemoDevice[];
}

export const NETWORK = '127.83.0.0/24';
const LINUX = '1.3.6.1.4.1.8072.3.2.10';
const COBALT = '1.3.6.1.4.1.99999.83';

/** role -> how many; 50 servers in all. */
const ROLES = { web: 16, app: 8, db: 5, mail: 4, dns: 3, nas: 3, backup: 3, git: 2, wiki: 1, chat: 2, list: 1, mon: 1, build: 1 };
type Role = keyof typeof ROLES;

export function demoFleet(seed: number, anchorMs: number): DemoFleet {
  const names = (Object.keys(ROLES) as Role[]).flatMap((role) =>
    Array.from({ length: ROLES[role] }, (_, i) => ({ role, number: i + 1, alone: ROLES[role] === 1 })),
  );
  const servers = names.map(({ role, number, alone }, at): DemoDevice => {
    const host = alone ? role : `${role}${ROLES[role] > 9 ? String(number).padStart(2, '0') : number}`;
    const site = SITES[(number + role.length) % 3] ?? 'cellar';
    return server(seed, anchorMs, role, host, site, `127.83.0.${11 + at}`);
  });
  return { seed, anchorMs, devices: [...servers, ...switches(seed, anchorMs), ...routers(seed, anchorMs)] };
}

/** Used only to choose sizes: numbers in [0, 1) by name. */
function chooser(seed: number, name: string) {
  const own = seedOf(seed, name);
  let draw = 0;
  return (low: number, high: number) => low + (high - low) * noise(own, draw++);
}

function common(seed: number, anchorMs: number, name: string, site: Site) {
  const between = chooser(seed, `${name} life`);
  const lastMs = anchorMs - Math.round(between(12, 160)) * DAY_MS - Math.round(between(0, 86_400)) * 1000;
  const bootsMs = [lastMs - Math.round(between(200, 420)) * DAY_MS, lastMs];
  const night = Math.floor(anchorMs / DAY_MS) * DAY_MS - 11 * DAY_MS;
  const outage = { fromMs: night + 2 * HOUR_MS, toMs: night + 5.5 * HOUR_MS, text: 'Power work in the cellar' };
  return {
    bootsMs: [lastMs - 900 * DAY_MS, ...bootsMs],
    gaps: site === 'cellar' ? [outage] : [],
    seed: seedOf(seed, name),
  };
}

function server(seed: number, anchorMs: number, role: Role, host: string, site: Site, address: string): DemoDevice {
  const name = `${host}.${site}`;
  const between = chooser(seed, name);
  const own = common(seed, anchorMs, name, site);
  const size = { web: 1, app: 1.4, db: 2.5, mail: 1.2, nas: 2, backup: 1.6, git: 1.2, build: 2.2 }[role as string] ?? 0.6;
  const processors = size > 2 ? 8 : size > 1 ? 4 : 2;
  const growthPerYear = between(0.05, 0.45);
  const archiving = role === 'backup' || role === 'nas' || role === 'db' || role === 'mail';
  const job = archiving ? { hour: 2, hours: 3, times: role === 'backup' ? 9 : 2.5 } : null;
  const people = { peakHour: role === 'mail' ? 9 : Math.round(between(13, 20)), day: between(0.4, 0.75), growthPerYear };
  const used = between(0.06, 0.16) * Math.min(2, size);
  const port = 1 * GBPS;
  const traffic = size * between(4, 22) * MBPS * (role === 'nas' || role === 'web' ? 2 : 1);
  const bootsMs = host === 'wiki' ? [...own.bootsMs, anchorMs - 2 * HOUR_MS] : own.bootsMs;
  const quirk: Quirk | null = host === 'list' ? 'down' : host === 'wiki' ? 'restarts soon' : null;
  const stopped = { fromMs: anchorMs - 6 * HOUR_MS, toMs: anchorMs, text: 'No answer' };
  const data = dataDisk(role, host, anchorMs, between);
  const ram = 2 ** Math.round(1 + size + between(0, 1.4)) * GIB;
  return {
    name,
    kind: 'server',
    site,
    tags: [role, role === 'nas' || role === 'backup' ? 'storage' : 'server', ...(between(0, 1) < 0.3 ? ['members'] : [])],
    address,
    sysDescr: `Linux ${host} 6.12.41+deb13-amd64 #1 SMP x86_64`,
    sysObjectId: LINUX,
    ...own,
    bootsMs,
    gaps: quirk === 'down' ? [...own.gaps, stopped] : own.gaps,
    quirk,
    parts: [
      link('eth0', {
        capacity: port,
        in: { ...people, base: traffic * (role === 'backup' ? 3 : 0.35), job },
        out: { ...people, base: traffic, job: role === 'backup' ? null : job },
      }),
      load(processors * used * 1.4, { ...people, job: job && { ...job, times: 1 } }),
      cpu(used, 0.012 * size, { ...people, job: job && { ...job, times: 1.2 } }),
      memory(ram, between(0.35, 0.7), growthPerYear / 4),
      disk('/', {
        size: 20 * GIB * Math.ceil(size),
        used: between(0.25, 0.72),
        growthPerYear: between(0.02, 0.25),
        ripple: 0.01,
      }),
      ...(data ? [data] : []),
      uptime(bootsMs),
    ],
  };
}

function dataDisk(role: Role, host: string, anchorMs: number, between: (low: number, high: number) => number): DemoPart | null {
  const daysAgo = (days: number) => Math.floor(anchorMs / DAY_MS) * DAY_MS - days * DAY_MS + 10 * HOUR_MS;
  // The stories: one fills soon, one was cleaned up, one was enlarged.
  if (host === 'nas1') return disk('/srv/tank', { size: 40 * TIB, used: 0.93, growthPerYear: 0.78, ripple: 0.002 });
  if (host === 'mail1') {
    const cleanUp = { atMs: daysAgo(75), freed: 260 * GIB };
    return disk('/var/vmail', { size: TIB, used: 0.62, growthPerYear: 0.5, cleanUp });
  }
  if (host === 'db1') {
    const enlarged = { atMs: daysAgo(121), from: 200 * GIB };
    return disk('/var/lib/postgresql', { size: 400 * GIB, used: 0.58, growthPerYear: 0.9, enlarged });
  }
  const used = between(0.3, 0.78);
  const growthPerYear = between(0.05, 0.5);
  switch (role) {
    case 'nas':
      return disk('/srv/tank', { size: 24 * TIB, used, growthPerYear });
    case 'backup':
      return disk('/srv/backup', { size: 16 * TIB, used, growthPerYear, ripple: 0.03 });
    case 'mail':
      return disk('/var/vmail', { size: TIB, used, growthPerYear });
    case 'db':
      return disk('/var/lib/postgresql', { size: 200 * GIB, used, growthPerYear });
    case 'git':
      return disk('/srv/git', { size: 300 * GIB, used, growthPerYear });
    case 'web':
      return disk('/srv/www', { size: 100 * GIB, used, growthPerYear });
    default:
      return null;
  }
}

/** host -> ports; the first two lead up. */
const SWITCHES = [
  { host: 'sw-core1', site: 'cellar', ports: 24 },
  { host: 'sw-core2', site: 'attic', ports: 12 },
  { host: 'sw-acc1', site: 'cellar', ports: 8 },
  { host: 'sw-acc2', site: 'attic', ports: 8 },
  { host: 'sw-acc3', site: 'annexe', ports: 8 },
  { host: 'sw-acc4', site: 'annexe', ports: 8 },
] as const;

function switches(seed: number, anchorMs: number): DemoDevice[] {
  return SWITCHES.map(({ host, site, ports }, at) => {
    const own = common(seed, anchorMs, host, site);
    const between = chooser(seed, host);
    const core = host.startsWith('sw-core');
    const growthPerYear = between(0.1, 0.35);
    const port = (number: number): DemoPart => {
      const up = number <= 2;
      const capacity = up ? 10 * GBPS : GBPS;
      const base = up ? between(0.08, 0.2) * capacity : between(0.01, 0.12) * capacity;
      const day = between(0.3, 0.7);
      const alias = !up ? '' : core ? (number === 1 ? 'to edge-rtr1' : 'to edge-rtr2') : `to sw-core${number}`;
      return link(`${up ? 'te' : 'ge'}0/${number}`, {
        alias,
        capacity,
        in: { base, day, growthPerYear, peakHour: 16 },
        out: { base: base * between(0.3, 1.2), day, growthPerYear, peakHour: 16 },
        ...(up ? { status: true } : {}),
        // A bad cable in one place, and a port that somebody took away in another.
        ...(host === 'sw-acc2' && number === 5 ? { errors: 2.4, alias: 'web09 (cable?)' } : {}),
        ...(host === 'sw-acc3' && number === 7 ? { goneMs: anchorMs - 20 * DAY_MS } : {}),
      });
    };
    return {
      name: host,
      kind: 'switch',
      site,
      tags: [core ? 'core' : 'access', 'switch'],
      address: `127.83.0.${3 + at}`,
      sysDescr: `Cobalt CS-${ports} switch, CobaltOS 4.2.7`,
      sysObjectId: `${COBALT}.1.${ports}`,
      ...own,
      quirk: host === 'sw-acc4' ? 'falls silent now and then' : null,
      parts: [...Array.from({ length: ports }, (_, i) => port(i + 1)), uptime(own.bootsMs)],
    };
  });
}

function routers(seed: number, anchorMs: number): DemoDevice[] {
  return [1, 2].map((number): DemoDevice => {
    const host = `edge-rtr${number}`;
    const site: Site = number === 1 ? 'cellar' : 'attic';
    const own = common(seed, anchorMs, host, site);
    const between = chooser(seed, host);
    const people = { peakHour: 20, day: 0.6, weekend: 1.05, growthPerYear: 0.3 };
    const both = (base: number, share: number) => ({
      in: { ...people, base: base * share },
      out: { ...people, base },
      status: true,
    });
    // Web hosts send more than they get.
    const ports = [
      link('xe0', {
        alias: `Transit ${number === 1 ? 'A' : 'B'}`,
        capacity: GBPS,
        ...both((number === 1 ? 0.31 : 0.2) * GBPS, 0.22),
      }),
      link('xe1', { alias: 'Peering (IX)', capacity: GBPS, ...both(between(0.1, 0.2) * GBPS, 0.5) }),
      link('xe2', { alias: 'to sw-core1', capacity: 10 * GBPS, ...both(0.06 * 10 * GBPS, 0.9) }),
      link('xe3', { alias: 'to sw-core2', capacity: 10 * GBPS, ...both(0.03 * 10 * GBPS, 0.9) }),
    ];
    return {
      name: host,
      kind: 'router',
      site,
      tags: ['edge', 'router'],
      address: `127.83.0.${number}`,
      sysDescr: 'Cobalt ER-4 router, CobaltOS 7.1.2',
      sysObjectId: `${COBALT}.2.4`,
      ...own,
      quirk: null,
      parts: [...ports, uptime(own.bootsMs)],
    };
  });
}
