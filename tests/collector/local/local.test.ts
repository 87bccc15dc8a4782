import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../collector/clock.ts';
import { createDiskReader } from '../../../collector/local/disks.ts';
import { createLocalSource } from '../../../collector/local/local.ts';
import type { Asking, Target } from '../../../collector/source.ts';
import { createTracker } from '../../../collector/tracker.ts';
import { ABSENT, COUNTER64, GAUGE, type Plan, type Readings } from '../../../core/readings.ts';

const TARGET: Target = { address: '', spec: { type: 'local' }, secret: null };
const clock = createSystemClock();
const asking = (): Asking => ({ clock, epoch: 'test', signal: AbortSignal.timeout(10_000) });

async function planOf(source = createLocalSource()): Promise<Plan> {
  const found = await source.discover(TARGET, asking());
  if (!found.ok) throw new Error(found.text);
  return found;
}
async function readingsOf(plan: Plan, source = createLocalSource()): Promise<Readings> {
  const outcome = await source.poll(TARGET, plan, asking());
  if (!outcome.ok) throw new Error(outcome.text);
  return outcome;
}
function value(plan: Plan, readings: Readings, key: string, metric: string): number | bigint | null {
  const i = plan.columns.findIndex((column) => column.key === key && column.metric === metric);
  if (i < 0) throw new Error(`no column ${metric} of ${key}`);
  if (readings.state[i] === GAUGE) return readings.gauge[i] ?? NaN;
  return readings.state[i] === COUNTER64 ? (readings.counter[i] ?? null) : null;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
/** A machine made of files. */
function machine(files: Record<string, string>): { root: string; write: (path: string, text: string) => void } {
  const root = mkdtempSync(join(tmpdir(), 'saguaro-local-'));
  folders.push(root);
  const write = (path: string, text: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  return { root, write };
}
const NET = (bytes: number, more = '') =>
  `a\nb\n  eth0: ${String(bytes)} 1 0 0 0 0 0 0 ${String(2 * bytes)} 1 0 0 0 0 0 0\n${more}`;
const FILES = {
  'proc/uptime': '5000.25 9000.00\n',
  'proc/stat': 'cpu  100 0 100 4000 50 0 0 0 0 0\ncpu0 1 2 3\ncpu1 1 2 3\n',
  'proc/loadavg': '0.10 0.20 0.30 1/100 5\n',
  'proc/net/dev': NET(1000),
  'proc/filesystems': '\text4\n',
  'proc/self/mountinfo': '',
  'sys/class/net/eth0/operstate': 'up\n',
  'sys/class/net/eth0/speed': '1000\n',
  'sys/class/net/eth0/ifalias': 'uplink to the rack\n',
  'sys/class/net/eth0/device/x': '',
};

describe.runIf(process.platform === 'linux')('this machine', () => {
  it('agrees with /proc, free and df', async () => {
    const plan = await planOf();
    const readings = await readingsOf(plan);
    const proc = (path: string) => readFileSync(path, 'utf8');

    const upS = Number(proc('/proc/uptime').split(' ')[0]);
    expect(Math.abs((readings.moment.upTicks ?? 0) / 100 - upS)).toBeLessThan(2);
    expect(value(plan, readings, 'system', 'system.uptime_s')).toBeCloseTo(upS, -1);
    expect(Number(value(plan, readings, 'load', 'load.one'))).toBeCloseTo(Number(proc('/proc/loadavg').split(' ')[0]), 0);

    const total = Number(/^MemTotal: +(\d+)/m.exec(proc('/proc/meminfo'))?.[1]) * 1024;
    expect(value(plan, readings, 'memory', 'memory.size_bytes')).toBe(total);
    const used = Number(value(plan, readings, 'memory', 'memory.used_bytes'));
    expect(used).toBeGreaterThan(0);
    expect(used).toBeLessThan(total);

    const names = [...proc('/proc/net/dev').matchAll(/^ *([^\s:]+):/gm)].map((match) => match[1]);
    const found = plan.instances.filter((one) => one.kind === 'interface').map((one) => one.key);
    expect(found.toSorted()).toEqual(names.toSorted());
    if (found.includes('lo')) expect(found.at(-1)).toBe('lo');

    const disks = plan.instances.filter((one) => one.kind === 'disk').map((one) => one.key);
    expect(disks.length).toBeGreaterThan(0);
    for (const point of disks) {
      const line =
        execFileSync('df', ['-B1', '--output=size,used', '--', point], { encoding: 'utf8' }).split('\n')[1]?.trim() ?? '';
      const [size = NaN, usedByDf = NaN] = line.split(/ +/).map(Number);
      expect(value(plan, readings, point, 'disk.size_bytes')).toBe(size);
      expect(Math.abs(Number(value(plan, readings, point, 'disk.used_bytes')) - usedByDf)).toBeLessThan(
        size / 1000 + 256 * 1024 * 1024,
      );
    }
    expect(plan.covers).toContain('disk');
    expect(Number(value(plan, readings, 'system', 'system.processes'))).toBeGreaterThan(1);
  });

  it('gives a processor share between 0 and 1 that sees work being done', async () => {
    const source = createLocalSource();
    const plan = await planOf(source);
    const tracker = createTracker('self');
    const series = plan.columns.map((column) => `self/${column.key}/${column.metric}`);
    tracker.use({ columns: plan.columns, positions: plan.columns.map((_, i) => i), series, instances: series });
    tracker.apply(await readingsOf(plan, source), 1000, null);
    const untilMs = clock.monoMs() + 600;
    while (clock.monoMs() < untilMs) Math.sqrt(untilMs);
    const [row] = tracker.apply(await readingsOf(plan, source), 1000, null).rows;
    const share = (metric: string) => row?.values[series.indexOf(`self/cpu/${metric}`)] ?? NaN;
    expect(share('cpu.used_ratio')).toBeGreaterThan(0.5 / Math.max(1, navigator.hardwareConcurrency));
    expect(share('cpu.used_ratio')).toBeLessThanOrEqual(1);
    expect(share('cpu.iowait_ratio')).toBeGreaterThanOrEqual(0);
    // used, user and system come from one reading: they fit together.
    expect(share('cpu.user_ratio') + share('cpu.system_ratio')).toBeLessThanOrEqual(share('cpu.used_ratio') + 0.03);
  });
});

describe('a machine made of files', () => {
  it('lays out counters exactly and tells speed, alias and state', async () => {
    const { root } = machine(FILES);
    const source = createLocalSource({ root, platform: 'linux' });
    const plan = await planOf(source);
    const readings = await readingsOf(plan, source);
    expect(plan.instances.find((one) => one.key === 'eth0')).toMatchObject({ alias: 'uplink to the rack', capacity: 1e9 });
    expect(value(plan, readings, 'eth0', 'interface.in_bps')).toBe(1000n);
    expect(value(plan, readings, 'eth0', 'interface.out_bps')).toBe(2000n);
    expect(value(plan, readings, 'eth0', 'interface.oper_up')).toBe(1);
    const at = plan.columns.findIndex((column) => column.metric === 'interface.in_bps');
    expect(plan.columns[at]?.scale).toBe(8);
    expect(readings.maxPerS?.[at]).toBe(125e6);
    expect(readings.moment.upTicks).toBe(500_025);
    // What /proc does not show here is left out, not zero.
    expect(plan.columns.some((column) => column.kind === 'memory')).toBe(false);
  });

  it.each([
    ['up', '0x1003', 1],
    ['down', '0x1003', 0],
    ['unknown', '0x9', 1],
    ['unknown', '0x8', 0],
    ['lowerlayerdown', '0x1003', 0],
  ])('link "%s" with flags %s is %i', async (operstate, flags, expected) => {
    const { root } = machine({
      ...FILES,
      'sys/class/net/eth0/operstate': `${operstate}\n`,
      'sys/class/net/eth0/flags': `${flags}\n`,
    });
    const source = createLocalSource({ root, platform: 'linux' });
    const plan = await planOf(source);
    expect(value(plan, await readingsOf(plan, source), 'eth0', 'interface.oper_up')).toBe(expected);
  });

  it('says that the plan is stale when a port comes, and reads absent what went', async () => {
    const { root, write } = machine(FILES);
    const source = createLocalSource({ root, platform: 'linux' });
    const plan = await planOf(source);
    expect((await readingsOf(plan, source)).stalePlan).toBe(false);
    write('proc/net/dev', NET(1000, '  wg0: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n'));
    expect((await readingsOf(plan, source)).stalePlan).toBe(true);
    write('proc/net/dev', 'a\nb\n');
    const gone = await readingsOf(plan, source);
    expect(gone.stalePlan).toBe(true);
    expect(gone.state[plan.columns.findIndex((column) => column.kind === 'interface')]).toBe(ABSENT);
  });

  it('holds iowait where the kernel corrects it downwards, and sees a real restart of it', async () => {
    const { root, write } = machine(FILES);
    const source = createLocalSource({ root, platform: 'linux' });
    const plan = await planOf(source);
    const iowait = async (ticks: number) => {
      write('proc/stat', `cpu  100 0 100 4000 ${String(ticks)} 0 0 0 0 0\ncpu0 1\n`);
      return value(plan, await readingsOf(plan, source), 'cpu', 'cpu.iowait_ratio');
    };
    expect([await iowait(50_000), await iowait(49_990), await iowait(50_001), await iowait(3)]).toEqual([
      50_000n,
      50_000n,
      50_001n,
      3n,
    ]);
  });

  it('takes files mounted into a container for no disks', async () => {
    const { root } = machine(FILES);
    mkdirSync(join(root, 'data'));
    writeFileSync(join(root, 'hosts'), '');
    const lines = ['1 1 8:1 /v/hosts /hosts rw - ext4 /dev/sda1 rw', '2 1 8:2 /v/data /data rw - ext4 /dev/sda2 rw'];
    writeFileSync(join(root, 'proc/self/mountinfo'), lines.join('\n'));
    symlinkSync('nowhere', join(root, 'broken'));
    const plan = await planOf(createLocalSource({ root, platform: 'linux' }));
    expect(plan.instances.filter((one) => one.kind === 'disk').map((one) => one.key)).toEqual(['/data']);
  });
});

describe('a filesystem that hangs', () => {
  it('costs its deadline once and holds up nobody; it is asked again when it has answered', async () => {
    const hung: ((usage: { sizeBytes: number; usedBytes: number }) => void)[] = [];
    let asked = 0;
    const disks = createDiskReader((point) => {
      asked++;
      if (point.startsWith('/nfs')) return new Promise((resolve) => hung.push(resolve));
      return Promise.resolve({ sizeBytes: 10, usedBytes: 5 });
    }, 50);
    const { signal } = new AbortController();
    const fromMs = clock.monoMs();
    const [good, bad] = await Promise.all([disks.usage('/', clock, signal), disks.usage('/nfs1', clock, signal)]);
    expect([good, bad]).toEqual([{ sizeBytes: 10, usedBytes: 5 }, null]);
    expect(clock.monoMs() - fromMs).toBeLessThan(1000);
    expect(await disks.usage('/nfs1', clock, signal)).toBeNull();
    expect(asked).toBe(2);
    await disks.usage('/nfs2', clock, signal);
    // Two hang: the others are left alone rather than all threads used up.
    expect(await disks.usage('/', clock, signal)).toBeNull();
    for (const answer of hung) answer({ sizeBytes: 1, usedBytes: 1 });
    await clock.sleep(1);
    expect(await disks.usage('/', clock, signal)).toEqual({ sizeBytes: 10, usedBytes: 5 });
  });
});

it('another system gives what Node knows, and says so', async () => {
  const source = createLocalSource({ platform: 'darwin' });
  const plan = await planOf(source);
  expect(new Set(plan.columns.map((column) => column.kind))).toEqual(new Set(['cpu', 'load', 'memory', 'system']));
  expect(plan.notes[0]).toMatch(/only load, memory and processor time/);
  const readings = await readingsOf(plan, source);
  expect(readings.state.every((state) => state !== ABSENT)).toBe(true);
  expect(readings.stalePlan).toBe(false);
});
