/**
 * Polling over simulated devices on loopback: Saguaro's transport beside libnetsnmp and npm
 * net-snmp, then its collector without and with the store. Clients take turns, each is a process
 * of its own, pinned to one core while the simulated devices have another. How it is measured:
 * README.md beside this file.
 */
import type { BenchOptions } from './bench.ts';
import { openLab, type Lab, type Measured, type Question } from './poll/lab.ts';
import type { CollectorFigures } from './poll/ours-collector.ts';
import type { DeadFigures } from './poll/ours-transport.ts';
import { others } from './poll/peers.ts';
import { judge, median, type Report } from './report.ts';

const GET = 'Saguaro, GET';
const BULK = 'Saguaro, GETBULK learnt';
const IN_FLIGHT = 500;
const DEADLINE_MS = 180_000;
/** What --quick may take in all; what is left at its end goes to the last and largest measurement. */
const QUICK_MS = 285_000;
/** Discovery of a fleet is about in proportion to its size, beyond what every start takes. */
const LARGEST_TIMES = 9;

type Row = readonly [name: string, what: string, perCpuS: string, wall: string, rss: string, failed: string, busy: string];

export async function benchPoll({ quick }: BenchOptions): Promise<Report> {
  const startMs = performance.now();
  const leftMs = () => (quick ? QUICK_MS - (performance.now() - startMs) : Infinity);
  const lab = await openLab();
  if ('missing' in lab) return { bench: 'poll', goals: judge('poll', {}), peers: { 'nothing was measured': lab.missing } };
  try {
    if (lab.cores === null) console.log('Clients and simulated devices share their cores: there is one only, or no taskset.');
    const table: Row[] = [];
    const say = (rows: readonly Row[]) => {
      table.push(...rows);
      for (const row of rows) console.log(`  ${row.join(' | ')}`);
    };
    const alone = await transports(lab, quick, say);
    const dead = await deadCycles(lab, quick ? 2 : 5);
    say([
      [
        'Saguaro',
        `1000 devices, 20 % dead, all at once`,
        '',
        `${seconds(dead.wallMs)} (live ${seconds(dead.liveMs)})`,
        '',
        '',
        '',
      ],
    ]);
    const whole = await wholePath(lab, quick, say);
    const rate = await ratePath(lab, quick, leftMs, say);
    print(table);
    return {
      bench: 'poll',
      goals: judge('poll', {
        'transport alone, GET of 48 objects': alone.perCpuS,
        'transport alone beside libnetsnmp': alone.ratio,
        'whole path into the embedded store': whole.perCpuS,
        'cycle of 1,000 devices, 20 % dead': round(dead.wallMs / 1000, 2),
        'its live devices': round(dead.liveMs / 1000, 2),
        'RSS, poll and rate, 1,000 devices': rate.thousandMB,
        'RSS, poll and rate, 10,000 devices': rate.largestMB,
        'RSS, whole path, 480,000 series a minute': whole.rssMB,
      }),
      peers: { ...alone.peers, ...others() },
    };
  } finally {
    await lab.close();
  }
}

type Say = (rows: readonly Row[]) => void;
type Peers = Record<string, Record<string, number> | string>;

/** The transport alone beside the peers, in turns. */
async function transports(lab: Lab, quick: boolean, say: Say) {
  const peers: Peers = {};
  for (const [name, peer] of Object.entries(lab.peers)) if ('missing' in peer) peers[name] = peer.missing;
  const clients = [GET, BULK, ...Object.keys(lab.peers).filter((name) => peers[name] === undefined)];
  const measure = (client: string, question: Question) =>
    client === GET || client === BULK ? lab.transport(client === GET ? 'get' : 'bulk', question) : lab.peer(client, question);
  const inTurns = async (names: readonly string[], rounds: number, question: Question, what: string) => {
    const found = new Map<string, Measured[]>(names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++)
      for (const name of names) found.get(name)?.push(await measure(name, { ...question, cycles: cyclesOf(name, question) }));
    const medians = new Map([...found].map(([name, runs]) => [name, medianOf(runs)]));
    say([...medians].map(([name, figures]) => rowOf(name, what, figures, cyclesOf(name, question))));
    return medians;
  };
  const ask = (devices: number, deadPercent: 0 | 20, cycles: number, more: Partial<Question> = {}): Question => ({
    devices,
    deadPercent,
    cycles,
    inFlight: IN_FLIGHT,
    deadlineMs: DEADLINE_MS,
    ...more,
  });
  const rounds = quick ? 1 : 3;
  const main = await inTurns(clients, quick ? 3 : 7, ask(1_000, 0, quick ? 4 : 8), '1000 devices');
  await inTurns(clients, rounds, ask(100, 0, 40), '100 devices');
  const byGet = clients.filter((name) => name !== BULK);
  await inTurns(
    quick ? [GET, 'libnetsnmp'].filter((name) => clients.includes(name)) : clients,
    rounds,
    ask(10_000, 0, 1),
    '10000 devices',
  );
  // With dead devices it is the wall time that says something.
  await inTurns(byGet, rounds, ask(1_000, 20, 1), '1000 devices, 20 % dead');
  if (!quick) {
    await inTurns(byGet, rounds, ask(100, 20, 1), '100 devices, 20 % dead');
    await inTurns(byGet, 1, ask(10_000, 20, 1), '10000 devices, 20 % dead');
  }
  const v3 = lab.v3 ? await inTurns(byGet, rounds, ask(quick ? 300 : 1_000, 0, 2, { version: '3' }), 'SNMPv3 authPriv') : null;
  if (!v3) console.log('  SNMPv3 is not measured: the simulated devices were built without libcrypto.');
  for (const name of byGet) {
    const figures = main.get(name);
    if (name === GET || !figures) continue;
    const cell = {
      perCpuSecond: Math.round(perCpuS(figures)),
      wallSeconds: wallOf(figures, cyclesOf(name, ask(1_000, 0, quick ? 4 : 8))),
    };
    const byUser = v3?.get(name);
    peers[name] = { ...cell, rssMB: Math.round(figures.rssMB), ...(byUser && { v3PerCpuSecond: Math.round(perCpuS(byUser)) }) };
  }
  const [ours, theirs] = [main.get(GET), main.get('libnetsnmp')];
  return {
    perCpuS: ours ? round(perCpuS(ours) / 1e6, 2) : null,
    ratio: ours && theirs ? round(perCpuS(ours) / perCpuS(theirs), 2) : null,
    peers,
  };
}

/** The slow one does with fewer cycles, which change nothing about its figure. */
function cyclesOf(name: string, { cycles }: Question): number {
  return name === 'npm net-snmp' ? Math.max(1, Math.floor(cycles / 4)) : cycles;
}

async function deadCycles(lab: Lab, rounds: number): Promise<DeadFigures> {
  const runs: DeadFigures[] = [];
  for (let i = 0; i < rounds; i++)
    runs.push(
      await lab.ours<DeadFigures>('dead', {
        devices: 1_000,
        deadPercent: 20,
        cycles: 1,
        inFlight: 1_000,
        deadlineMs: DEADLINE_MS,
      }),
    );
  const of = (what: 'wallMs' | 'liveMs' | 'cpuSeconds' | 'failed') => median(runs.map((one) => one[what]));
  return { wallMs: of('wallMs'), liveMs: of('liveMs'), cpuSeconds: of('cpuSeconds'), failed: of('failed') };
}

/** Poll, rate, rollup and durable write. */
async function wholePath(lab: Lab, quick: boolean, say: Say) {
  const ask = (intervalMs: number, cycles: number) =>
    lab.ours<CollectorFigures>('whole', {
      devices: 1_000,
      deadPercent: 0,
      cycles,
      inFlight: IN_FLIGHT,
      intervalMs,
      deadlineMs: 2 * DEADLINE_MS + cycles * intervalMs,
    });
  // Five minutes hold one close of all 5-minute bins.
  const cost = await ask(10_000, quick ? 2 : 30);
  say([collectorRow('Saguaro, whole path', `1000 devices, 10 s${cost.binsClosed ? '' : ', no bin closed'}`, cost)]);
  const memory = quick ? cost : await ask(60_000, 4);
  if (quick)
    console.log('  RSS of the whole path is that at 10 s here, 480,000 series in 10 s; without --quick it is measured at 60 s.');
  else say([collectorRow('Saguaro, whole path', '1000 devices, 60 s', memory)]);
  return { perCpuS: round(cost.samples / cost.cpuSeconds / 1e6, 2), rssMB: Math.round(memory.rssMB) };
}

/** Poll and rate; what comes of it goes nowhere. */
async function ratePath(lab: Lab, quick: boolean, leftMs: () => number, say: Say) {
  const ask = (devices: number, intervalMs: number, cycles: number, deadlineMs: number) =>
    lab.ours<CollectorFigures>('rate', { devices, deadPercent: 0, cycles, inFlight: IN_FLIGHT, intervalMs, deadlineMs });
  const intervalMs = quick ? 5_000 : 20_000;
  const cycles = quick ? 2 : 3;
  const row = (devices: number, ms: number, figures: CollectorFigures) =>
    say([collectorRow('Saguaro, poll and rate', `${devices} devices, ${ms / 1000} s`, figures)]);
  if (!quick) row(100, intervalMs, await ask(100, intervalMs, cycles, 2 * DEADLINE_MS + cycles * intervalMs));
  const thousand = await ask(1_000, intervalMs, cycles, 2 * DEADLINE_MS + cycles * intervalMs);
  row(1_000, intervalMs, thousand);
  const largestIntervalMs = quick ? 15_000 : 20_000;
  const neededMs = thousand.settledCpuSeconds * 1000 * LARGEST_TIMES + 2 * largestIntervalMs;
  if (neededMs > leftMs()) {
    console.log('  10,000 devices are measured without --quick only: here their discovery takes longer than is left.');
    return { thousandMB: Math.round(thousand.rssMB), largestMB: null };
  }
  try {
    const deadlineMs = Math.min(leftMs(), 8 * DEADLINE_MS);
    const largest = await ask(10_000, largestIntervalMs, quick ? 1 : cycles, deadlineMs);
    row(10_000, largestIntervalMs, largest);
    return { thousandMB: Math.round(thousand.rssMB), largestMB: Math.round(largest.rssMB) };
  } catch (error) {
    console.log(`  10,000 devices could not be measured: ${error instanceof Error ? error.message : String(error)}`);
    return { thousandMB: Math.round(thousand.rssMB), largestMB: null };
  }
}

function medianOf(runs: readonly Measured[]): Measured {
  const of = (what: keyof Measured) => median(runs.map((one) => one[what]));
  return {
    varbinds: of('varbinds'),
    cpuSeconds: of('cpuSeconds'),
    wallSeconds: of('wallSeconds'),
    rssMB: of('rssMB'),
    failed: of('failed'),
    responderCpuSeconds: of('responderCpuSeconds'),
  };
}

function perCpuS({ varbinds, cpuSeconds }: Measured): number {
  return varbinds / cpuSeconds;
}

function wallOf({ wallSeconds }: Measured, cycles: number): number {
  return round(wallSeconds / cycles, 3);
}

function rowOf(name: string, what: string, figures: Measured, cycles: number): Row {
  const { rssMB, failed, responderCpuSeconds, wallSeconds } = figures;
  return [
    name,
    what,
    `${round(perCpuS(figures) / 1e6, 2).toFixed(2)} M`,
    `${wallOf(figures, cycles).toFixed(3)} s`,
    `${rssMB.toFixed(0)} MB`,
    String(failed),
    `${Math.round((100 * responderCpuSeconds) / wallSeconds)} %`,
  ];
}

function collectorRow(name: string, what: string, figures: CollectorFigures): Row {
  const { samples, cpuSeconds, rssMB, peakMB, settledSeconds, failed } = figures;
  const perCpu = `${round(samples / cpuSeconds / 1e6, 2).toFixed(2)} M`;
  return [
    name,
    what,
    perCpu,
    `settled in ${settledSeconds.toFixed(0)} s`,
    `${rssMB.toFixed(0)} (${peakMB.toFixed(0)}) MB`,
    String(failed),
    '',
  ];
}

function print(rows: readonly Row[]): void {
  const head: Row = ['', '', 'values/CPU-s', 'wall a cycle', 'RSS (with discovery)', 'failed', 'devices busy'];
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  console.log();
  for (const row of all)
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  console.log();
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
