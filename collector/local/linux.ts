/** One look at a Linux machine, through /proc and /sys. */
import { readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { Asking } from '../source.ts';
import type { DiskReader } from './disks.ts';
import { createLook, type Look, type LookBuilder } from './figures.ts';
import { parseDiskTypes, parseMeminfo, parseMounts, parseNetDev, parseStat, type Mount, type NetCounters } from './proc.ts';

/** Ticks a second in /proc/stat: fixed by the kernel's interface, whatever the kernel's own rate. */
const USER_HZ = 100;

export interface LinuxReader {
  look(asking: Asking, disks: DiskReader): Promise<Look>;
}

/** @param root '' for the machine itself; a folder that holds proc/ and sys/ in tests */
export function createLinuxReader(root = ''): LinuxReader {
  // The kernel corrects iowait downwards now and then; a step back would look like a reset.
  let iowait = 0n;

  const read = (path: string): string => {
    try {
      // Synchronous: /proc and /sys answer from memory, and the moment stays exact.
      return readFileSync(root + path, 'utf8');
    } catch {
      // Absent on this kernel or hidden in this container: then there is nothing to tell.
      return '';
    }
  };

  const cpu = (look: LookBuilder) => {
    const ticks = parseStat(read('/proc/stat'));
    if (!ticks) return;
    if (ticks.iowait > iowait || iowait - ticks.iowait > BigInt(60 * USER_HZ * ticks.cpus)) iowait = ticks.iowait;
    const scale = 1 / (USER_HZ * ticks.cpus);
    const maxPerS = USER_HZ * ticks.cpus;
    const one = look.instance({ kind: 'cpu' });
    one.counter('used_ratio', 'ratio', ticks.used, scale, maxPerS);
    one.counter('user_ratio', 'ratio', ticks.user, scale, maxPerS);
    one.counter('system_ratio', 'ratio', ticks.system, scale, maxPerS);
    one.counter('iowait_ratio', 'ratio', iowait, scale, maxPerS);
  };

  const load = (look: LookBuilder) => {
    const [one = NaN, five = NaN, fifteen = NaN] = read('/proc/loadavg').split(' ').map(Number);
    if (Number.isNaN(one)) return;
    const figures = look.instance({ kind: 'load' });
    figures.gauge('one', '1', one);
    figures.gauge('five', '1', five);
    figures.gauge('fifteen', '1', fifteen);
  };

  const memory = (look: LookBuilder) => {
    const m = parseMeminfo(read('/proc/meminfo'));
    if (!m) return;
    const figures = look.instance({ kind: 'memory', capacity: m.sizeBytes });
    figures.gauge('used_bytes', 'bytes', m.usedBytes);
    figures.gauge('size_bytes', 'bytes', m.sizeBytes);
    figures.gauge('cached_bytes', 'bytes', m.cachedBytes);
    figures.gauge('buffers_bytes', 'bytes', m.buffersBytes);
    figures.gauge('swap_used_bytes', 'bytes', m.swapUsedBytes);
    figures.gauge('swap_size_bytes', 'bytes', m.swapSizeBytes);
  };

  const network = (look: LookBuilder) => {
    for (const counters of parseNetDev(read('/proc/net/dev'))) networkInterface(look, counters, read, exists);
  };
  const exists = (path: string) => statSync(root + path, { throwIfNoEntry: false }) !== undefined;

  const isFolder = (mount: Mount): boolean => {
    // Containers get single files (/etc/hosts) as mounts of their own; those are no disks.
    if (mount.root === '/' || mount.type === 'btrfs') return true;
    try {
      return statSync(root + mount.point).isDirectory();
    } catch {
      return false;
    }
  };

  return {
    async look(asking, disks) {
      const look = createLook();
      const uptimeS = Number(read('/proc/uptime').split(' ')[0] || NaN);
      cpu(look);
      network(look);
      const moment = {
        tMs: asking.clock.nowMs(),
        monoMs: asking.clock.monoMs(),
        epoch: asking.epoch,
        upTicks: Number.isFinite(uptimeS) ? Math.round(uptimeS * 100) % 2 ** 32 : null,
        engineTimeS: null,
        engineBoots: null,
      };
      load(look);
      memory(look);

      const mounts = parseMounts(read('/proc/self/mountinfo'), parseDiskTypes(read('/proc/filesystems'))).filter(isFolder);
      const usages = await Promise.all(mounts.map((mount) => disks.usage(root + mount.point, asking.clock, asking.signal)));
      mounts.forEach(({ point }, i) => {
        const usage = usages[i];
        if (usage?.sizeBytes === 0) return;
        // One that hangs stays in the list without figures: it is there, and unknown.
        const disk = look.instance({ kind: 'disk', key: point, capacity: usage?.sizeBytes ?? null });
        disk.gauge('used_bytes', 'bytes', usage?.usedBytes ?? null);
        disk.gauge('size_bytes', 'bytes', usage?.sizeBytes ?? null);
        if (!usage) look.notes.push(`The filesystem at ${point} does not answer; its usage is unknown until it does.`);
      });

      const system = look.instance({ kind: 'system' });
      system.gauge('uptime_s', 's', uptimeS);
      system.gauge('processes', '1', await processes(root));
      return { moment, instances: look.instances, figures: look.figures, notes: look.notes };
    },
  };
}

function networkInterface(
  look: LookBuilder,
  c: NetCounters,
  read: (path: string) => string,
  exists: (path: string) => boolean,
): void {
  const folder = `/sys/class/net/${c.name}`;
  // Tunnels and virtual pairs name speeds that nothing holds them to.
  const real = exists(`${folder}/device`) || exists(`${folder}/bonding`);
  const mbps = real ? Number(read(`${folder}/speed`).trim() || NaN) : NaN;
  const speedBps = mbps > 0 ? mbps * 1e6 : NaN;
  const figures = look.instance({
    kind: 'interface',
    key: c.name,
    alias: read(`${folder}/ifalias`).trim(),
    capacity: Number.isNaN(speedBps) ? null : speedBps,
  });
  figures.counter('in_bps', 'bps', c.inBytes, 8, speedBps / 8);
  figures.counter('out_bps', 'bps', c.outBytes, 8, speedBps / 8);
  figures.counter('in_packets_per_s', 'per_s', c.inPackets, 1);
  figures.counter('out_packets_per_s', 'per_s', c.outPackets, 1);
  figures.counter('in_errors_per_s', 'per_s', c.inErrors, 1);
  figures.counter('out_errors_per_s', 'per_s', c.outErrors, 1);
  figures.counter('in_discards_per_s', 'per_s', c.inDiscards, 1);
  figures.counter('out_discards_per_s', 'per_s', c.outDiscards, 1);
  figures.gauge('oper_up', '1', operUp(read(`${folder}/operstate`).trim(), read(`${folder}/flags`).trim()));
}

/** Drivers without link detection (loopback, tunnels) say "unknown": then being switched on counts. */
function operUp(operstate: string, flags: string): number {
  if (operstate === '') return NaN;
  if (operstate === 'unknown') return Number(flags || 0) & 1;
  return operstate === 'up' ? 1 : 0;
}

async function processes(root: string): Promise<number> {
  try {
    return (await readdir(`${root}/proc`)).filter((name) => /^\d+$/.test(name)).length;
  } catch {
    return NaN;
  }
}
