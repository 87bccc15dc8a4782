/**
 * A server store without a server: takes lines, keeps what they say in memory, and can be away, refuse or be slow as
 * a test wishes. What real servers do is tested on real ones; this one is for moments that those cannot be held in.
 */
import type { SeriesKey } from '../../core/model.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { createLineEncoder } from '../../store/server/line-protocol.ts';
import { parseLines } from '../../store/server/parse-lines.ts';
import { ServerAway, type Parcel, type Sent, type ServerStore } from '../../store/server/port.ts';

export interface PaperServer {
  readonly store: ServerStore;
  /** Every line it took, in order. */
  readonly taken: { readonly tier: string; readonly line: string }[];
  /** What was asked of it: 'raw', 'bins', 'latest', 'send', … */
  readonly asked: string[];
  /** Null while it is there, else what every question meets. */
  trouble: 'away' | 'blocked' | null;
  /** Lines that hold this are refused. */
  refused: string | null;
  /** Takes the lines, and loses its answer. */
  forgetful: boolean;
}

export function createPaperServer({ rewrites = true } = {}): PaperServer {
  const kept = createMemoryStore();
  const encoder = createLineEncoder(rewrites);
  const ask = <T>(what: string, work: () => Promise<T>): Promise<T> => {
    paper.asked.push(what);
    return paper.trouble === null ? work() : Promise.reject(new ServerAway('Paper does not answer.'));
  };
  const send = async (parcel: Parcel): Promise<Sent> => {
    paper.asked.push('send');
    if (paper.trouble === 'away') return { result: 'retry', reason: 'Paper does not answer.', afterMs: null };
    if (paper.trouble === 'blocked') return { result: 'blocked', reason: 'Paper wants another token.' };
    const lines = parcel.text.split('\n');
    if (paper.refused !== null && lines.some((line) => line.includes(paper.refused ?? '')))
      return { result: 'rejected', reason: 'Paper cannot read this.' };
    for (const line of lines) paper.taken.push({ tier: parcel.tier, line });
    await kept.write(parseLines(parcel.tier, parcel.text));
    return paper.forgetful ? { result: 'retry', reason: 'Paper lost the thread.', afterMs: null } : { result: 'ok' };
  };
  const store: ServerStore = {
    label: 'Paper',
    rewrites,
    ensureTiers: (tiers) => ask('tiers', () => kept.ensureTiers(tiers)),
    encode: (batch) => encoder.encode(batch),
    send,
    write: () => Promise.reject(new Error('nobody writes past the spool')),
    raw: (...given) => ask('raw', () => kept.raw(...given)),
    bins: (...given) => ask('bins', () => kept.bins(...given)),
    latest: (...given) => ask('latest', () => kept.latest(...given)),
    remove: (series) => ask('remove', () => kept.remove(series)),
    removeDevices: () => Promise.reject(new Error('nobody asks for it here')),
    keys: (): Promise<SeriesKey[]> => ask('keys', () => kept.keys?.() ?? Promise.resolve([])),
    reachable: () => Promise.resolve(paper.trouble === null ? { ok: true } : { ok: false, reason: 'Paper does not answer.' }),
    alarms: () => Promise.resolve([]),
    maintain: () => Promise.resolve(),
    health: () => ask('health', () => kept.health()),
    close: () => Promise.resolve(),
  };
  const paper: PaperServer = { store, taken: [], asked: [], trouble: null, refused: null, forgetful: false };
  return paper;
}
