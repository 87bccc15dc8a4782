/** Everything a measurement of the poll benchmark needs: simulated devices, clients, and the two kept apart. */
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { wordsOf, type Figures } from './client.ts';
import { counterOids, fleetOf } from './fleet.ts';
import { libnetsnmp, npmNetSnmp, type Peer } from './peers.ts';
import {
  asLaunched,
  buildResponder,
  compilerOf,
  type Cores,
  coresOf,
  type Responder,
  type Run,
  runClient,
  scratchFolder,
  startResponder,
} from './programs.ts';

export interface Question {
  readonly devices: number;
  readonly deadPercent: 0 | 20;
  readonly cycles: number;
  readonly inFlight: number;
  readonly version?: '2c' | '3';
  /** Of rate and whole. */
  readonly intervalMs?: number;
  readonly deadlineMs: number;
}

/** Figures of one run of a client, and how busy the simulated devices were in its measured cycles. */
export interface Measured extends Figures {
  readonly responderCpuSeconds: number;
}

export interface Lab {
  readonly v3: boolean;
  readonly cores: Cores | null;
  /** Peers that can be measured, and why others cannot. */
  readonly peers: Readonly<Record<string, Peer>>;
  peer(name: string, question: Question): Promise<Measured>;
  /** Saguaro's transport alone: by GET like the peers, or by GETBULK once it is learnt. */
  transport(mode: 'get' | 'bulk', question: Question): Promise<Measured>;
  /** Saguaro in another mode of ours.ts, with the figures it gives. */
  ours<T>(mode: 'dead' | 'rate' | 'whole', question: Question): Promise<T>;
  close(): Promise<void>;
}

const OURS = join(import.meta.dirname, 'ours.ts');
const START_DEADLINE_MS = 60_000;
/** Objects of one GET. */
const PER_REQUEST = 48;
const TIMEOUT_MS = 1_000;
const RETRIES = 1;
/** What fits into one packet of an Ethernet. */
const SMALL_ANSWER = 1_472;

/** @returns null when the simulated devices cannot be built, because there is no compiler */
export async function openLab(): Promise<Lab | { readonly missing: string }> {
  const compiler = compilerOf();
  if ('missing' in compiler) return compiler;
  const folder = await scratchFolder();
  const responders: Responder[] = [];
  const close = async () => {
    await Promise.all(responders.map((responder) => responder.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const cores = coresOf();
    const program = buildResponder(compiler.path, folder);
    const open = async (options: readonly string[]) => {
      const responder = await startResponder(program, cores?.responder ?? null, options);
      responders.push(responder);
      return responder;
    };
    const small = await open(['--most', String(SMALL_ANSWER)]);
    const large = await open([]);
    const objects = join(folder, 'objects');
    writeFileSync(objects, `${counterOids().join('\n')}\n`);
    const peers: Record<string, Peer> = { libnetsnmp: libnetsnmp(compiler.path, folder), 'npm net-snmp': npmNetSnmp() };

    const wordsFor = (question: Question, responder: Responder): string[] => {
      const { devices, deadPercent, cycles, inFlight, version = '2c' } = question;
      const addresses = join(folder, `devices-${devices}-${deadPercent}`);
      writeFileSync(addresses, `${fleetOf(devices, deadPercent).join('\n')}\n`);
      const { port } = responder;
      return wordsOf({
        port,
        addresses,
        objects,
        perRequest: PER_REQUEST,
        cycles,
        inFlight,
        timeoutMs: TIMEOUT_MS,
        retries: RETRIES,
        version,
      });
    };
    const launched = asLaunched();
    const run = async <T>(
      program: string,
      args: readonly string[],
      question: Question,
      responder: Responder,
      env: Readonly<Record<string, string>> = {},
    ) => {
      let before = responder.cpuSeconds();
      const one: Run = {
        program,
        args: [...args, ...wordsFor(question, responder)],
        core: cores?.client ?? null,
        deadlineMs: question.deadlineMs,
        env,
        begun: () => (before = responder.cpuSeconds()),
      };
      const figures = await runClient<T>(one);
      return { ...figures, responderCpuSeconds: responder.cpuSeconds() - before };
    };
    const ours = <T>(mode: string, question: Question, responder: Responder) =>
      run<T>(
        process.execPath,
        [...launched.flags, OURS, mode, String(responder.startMs), String(question.intervalMs ?? 0), folder],
        question,
        responder,
        launched.env,
      );
    // What the first start compiles, the next ones find: as the launcher does for the server.
    await runClient({
      program: process.execPath,
      args: [...launched.flags, OURS, 'load', '', '', folder],
      env: launched.env,
      core: null,
      deadlineMs: START_DEADLINE_MS,
    });
    return {
      v3: small.v3,
      cores,
      peers,
      peer(name, question) {
        const peer = peers[name];
        if (!peer || 'missing' in peer) throw new Error(`${name} is not there`);
        return run<Figures>(peer.program, peer.args, question, small);
      },
      transport: (mode, question) => ours<Figures>(mode, question, mode === 'get' ? small : large),
      ours: <T>(mode: string, question: Question) => ours<T>(mode, question, large),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
