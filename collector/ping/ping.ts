/**
 * The source "ping": loss and round trip by the system's `ping` program, which may send ICMP
 * where we may not. No shell; the target is checked before it becomes an argument.
 */
import { execFile } from 'node:child_process';
import type { Failure } from '../../core/model.ts';
import { NO_FACTS } from '../../core/model.ts';
import { ABSENT, GAUGE, type Column, type Plan, type Readings } from '../../core/readings.ts';
import { createGate } from '../gate.ts';
import type { Asking, Source } from '../source.ts';
import { isTarget, parsePing, type PingResult } from './output.ts';

export interface PingOptions {
  /** The program; looked up in PATH. */
  readonly program?: string;
  /** Programs that run at once. */
  readonly limit?: number;
}

const COUNT = 3;
const SPACING_S = '0.2';
const WAIT_S = 1;
/** Beyond this the program itself hangs. */
const KILL_MS = 8_000;
const SELF_TEST = '127.0.0.1';
/** After a failed self-test we try again, not sooner: somebody may have installed ping meanwhile. */
const SELF_TEST_AGAIN_MS = 60_000;

const COLUMNS: readonly Column[] = [
  { kind: 'ping', key: 'ping', metric: 'ping.loss_ratio', unit: 'ratio', form: 'gauge', scale: 1 },
  { kind: 'ping', key: 'ping', metric: 'ping.rtt_ms', unit: 'ms', form: 'gauge', scale: 1 },
];
const LOSS = 0;
const RTT = 1;

/**
 * @returns a source for devices with the spec `{ type: 'ping' }`. Every packet lost is loss 1,
 * a reading; that we cannot ping at all (no program, no right, no route) is a Failure
 */
export function createPingSource(options: PingOptions = {}): Source {
  const program = options.program ?? 'ping';
  const gate = createGate(options.limit ?? 200);
  const closing = new AbortController();
  let able: Promise<Failure | null> | null = null;
  let testedMs = -Infinity;

  const run = (target: string, signal: AbortSignal): Promise<PingResult | Failure> =>
    gate.pass(
      () =>
        new Promise((resolve) => {
          const args = ['-n', '-q', '-c', String(COUNT), '-i', SPACING_S, '-W', waitFor(), '--', target];
          const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin:/sbin', LC_ALL: 'C' };
          const limits = { timeout: KILL_MS, killSignal: 'SIGKILL', maxBuffer: 64 * 1024, signal, env } as const;
          execFile(program, args, limits, (error, stdout, stderr) => {
            const result = parsePing(stdout);
            resolve(result ?? cannot(error, stderr));
          });
        }),
    );
  const cannot = (error: Error | null, stderr: string): Failure => {
    const code = error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') {
      return { ok: false, cause: 'no data', text: 'Cannot ping: the program "ping" is not installed; install iputils-ping.' };
    }
    if (code === 'ABORT_ERR') return { ok: false, cause: 'no data', text: 'The ping was stopped before it ended.' };
    const said = printable(stderr);
    if (/not known|name resolution|unknown host|no address/i.test(said)) {
      return {
        ok: false,
        cause: 'unreachable',
        text: `The name of the device cannot be resolved; check the address and the name server (${said}).`,
      };
    }
    if (/unreachable|no route/i.test(said))
      return { ok: false, cause: 'unreachable', text: `There is no route to the device (${said}).` };
    return {
      ok: false,
      cause: 'no data',
      text: `Cannot ping: ${said || (error?.message.split('\n')[0] ?? 'the program said nothing')}.`,
    };
  };
  /** Whether this machine can ping at all. Where loopback is "lost", every loss would be our own fault. */
  const selfTest = (asking: Asking): Promise<Failure | null> => {
    if (able !== null && (testedMs === Infinity || asking.clock.monoMs() - testedMs < SELF_TEST_AGAIN_MS)) return able;
    testedMs = asking.clock.monoMs();
    // Not the signal of one device's poll: the answer is for all of them.
    able = run(SELF_TEST, closing.signal).then((result) => {
      if (!result.ok) return result;
      if (result.lossRatio === 1) {
        return {
          ok: false,
          cause: 'no data',
          text: 'Cannot ping: even this machine itself does not answer; give ping the capability cap_net_raw or open net.ipv4.ping_group_range.',
        };
      }
      testedMs = Infinity;
      return null;
    });
    return able;
  };
  const ask = async (address: string, asking: Asking): Promise<PingResult | Failure> => {
    const target = address === '' ? SELF_TEST : address;
    if (!isTarget(target)) {
      return {
        ok: false,
        cause: 'unreachable',
        text: `"${printable(target)}" is neither a host name nor an address; correct the device's address.`,
      };
    }
    return (await selfTest(asking)) ?? (await run(target, asking.signal));
  };

  return {
    type: 'ping',
    async discover(target, asking) {
      const result = await ask(target.address, asking);
      if (!result.ok) return result;
      return {
        ok: true,
        facts: NO_FACTS,
        instances: [{ kind: 'ping', key: 'ping', name: 'ping', alias: '', capacity: null }],
        columns: COLUMNS,
        covers: [],
        notes: result.lossRatio === 1 ? ['Does not answer ping now.'] : [],
        roundTripMs: result.rttMs,
        route: null,
      };
    },
    async poll(target, plan: Plan, asking) {
      const result = await ask(target.address, asking);
      if (!result.ok) return result;
      return readingsOf(result, plan.columns.length, asking);
    },
    close() {
      closing.abort(new Error('closing'));
      return Promise.resolve();
    },
  };
}

function readingsOf(result: PingResult, size: number, { clock, epoch }: Asking): Readings {
  const state = new Uint8Array(size);
  const gauge = new Float64Array(size);
  state[LOSS] = GAUGE;
  gauge[LOSS] = result.lossRatio;
  state[RTT] = result.rttMs === null ? ABSENT : GAUGE;
  gauge[RTT] = result.rttMs ?? NaN;
  return {
    ok: true,
    moment: { tMs: clock.nowMs(), monoMs: clock.monoMs(), epoch, upTicks: null, engineTimeS: null, engineBoots: null },
    state,
    gauge,
    counter: new BigUint64Array(size),
    maxPerS: null,
    doubts: new Map(),
    discontinuity: null,
    stalePlan: false,
    partial: false,
  };
}

/** How long to wait for the last reply: seconds everywhere but on macOS. */
function waitFor(): string {
  return String(process.platform === 'darwin' ? WAIT_S * 1000 : WAIT_S);
}

/** One short line of what a program said, fit to be shown. */
function printable(text: string): string {
  const line = text.trim().split('\n')[0] ?? '';
  return line
    .slice(0, 200)
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/\.+$/, '');
}
