/** The embedded store: a `SeriesStore` over one SQLite file, with all work on it in a thread of its own. */
import { BIN_TIERS, type BinTier, type SeriesKey } from '../../core/model.ts';
import type {
  Batch,
  BinColumn,
  BinColumns,
  BinRow,
  Latest,
  RawColumns,
  SeriesList,
  SeriesStore,
  WriteResult,
} from '../../core/ports.ts';
import { copyHistory } from './backup.ts';
import type { Numbered } from '../numbering.ts';
import { createInterning, ForeignSeries, type Interning } from './interning.ts';
import type { BinRows, RawRows, WriteRequest } from './protocol.ts';
import { startWorker } from './thread.ts';

export interface EmbeddedStore extends SeriesStore, Numbered {
  /** A consistent copy into a new file while writing goes on. */
  backupTo(path: string): Promise<void>;
}

/**
 * Opens or makes the history.
 * @param options.path history.db, or ':memory:'
 * @param options.mostBytes size the file may not exceed; a full file answers as a full disk does
 * @throws DataFolderError when the file is in use, damaged, not writable or of a newer version
 */
export async function createEmbeddedStore(options: {
  readonly path: string;
  readonly mostBytes?: number;
}): Promise<EmbeddedStore> {
  const { thread, opened } = await startWorker(options);
  const interning = createInterning(opened);
  const newest = createNewest();
  const idsOf = (series: readonly SeriesKey[]) => {
    const numbers = interning.numbering.known(series);
    return numbers ? numbers.map((one) => interning.written(one)) : Int32Array.from(series, (key) => interning.number(key));
  };

  return {
    numbering: interning.numbering,
    async ensureTiers(tiers) {
      await thread.ask({ op: 'tiers', tiers });
    },
    async write(batch): Promise<WriteResult> {
      let request: WriteRequest;
      try {
        request = encode(batch, interning);
      } catch (error) {
        if (error instanceof ForeignSeries || error instanceof TypeError) return { result: 'rejected', reason: error.message };
        throw error;
      }
      let answer: WriteResult;
      try {
        answer = await thread.ask(request, [request.raw.values.buffer, ...request.bins.map((bins) => bins.values.buffer)]);
      } catch (error) {
        return {
          result: 'retry',
          reason: `The store's thread did not answer: ${error instanceof Error ? error.message : String(error)}`,
        };
      }
      if (answer.result !== 'ok') return answer;
      for (const id of interning.confirm(request.newSeries, request.newLayouts)) newest.begin(id);
      for (const row of batch.raw) newest.see(interning.intern(row.device, row.series).numbers, row.tMs, row.values);
      return answer;
    },
    async raw(series, fromMs, toMs) {
      if (series.length === 0) return [];
      const { order, counts, data, previousMs } = await thread.ask({ op: 'raw', series: idsOf(series), fromMs, toMs });
      const answers = new Array<RawColumns>(series.length);
      let at = 0;
      order.forEach((position, i) => {
        const n = counts[i] ?? 0;
        const tMs = data.subarray(at, at + n);
        const value = data.subarray(at + n, at + 2 * n);
        at += 2 * n;
        const previous = previousMs[i] ?? NaN;
        answers[position] = { tMs, value, previousMs: Number.isNaN(previous) ? null : previous };
      });
      return answers;
    },
    async bins(series, tier, fromMs, toMs, columns = ['mean', 'min', 'max', 'known']) {
      if (series.length === 0) return [];
      const has = (column: BinColumn) => columns.includes(column);
      const wanted = [has('mean'), has('min'), has('max'), has('known')] as const;
      const { order, counts, data } = await thread.ask({ op: 'bins', series: idsOf(series), tier, fromMs, toMs, wanted });
      const answers = new Array<BinColumns>(series.length);
      let at = 0;
      order.forEach((position, i) => {
        const n = counts[i] ?? 0;
        const take = (there: boolean) => {
          const column = data.subarray(at, there ? at + n : at);
          at += column.length;
          return column;
        };
        const tMs = take(true);
        answers[position] = { tMs, mean: take(wanted[0]), min: take(wanted[1]), max: take(wanted[2]), known: take(wanted[3]) };
        // With no column named, the worker answers from known all the same.
        if (!wanted.some(Boolean)) at += n;
      });
      return answers;
    },
    async latest(series) {
      const ids = idsOf(series);
      const unsure = ids.filter((id) => id !== 0 && !newest.sure(id));
      if (unsure.length > 0) {
        const { tMs, value } = await thread.ask({ op: 'latest', series: unsure });
        unsure.forEach((id, i) => newest.learn(id, tMs[i] ?? -Infinity, value[i] ?? NaN));
      }
      return Array.from(ids, (id) => newest.get(id));
    },
    async keys() {
      return interning.keys();
    },
    async remove(series) {
      const known = idsOf(series).filter((id) => id !== 0);
      interning.forget(series);
      if (known.length > 0) await thread.ask({ op: 'remove', series: known });
    },
    async maintain(nowMs) {
      await thread.ask({ op: 'maintain', nowMs });
    },
    async health() {
      try {
        return { ...(await thread.ask({ op: 'health' })), series: interning.count() };
      } catch (error) {
        return { ok: false, reason: error instanceof Error ? error.message : String(error), bytes: 0, series: interning.count() };
      }
    },
    backupTo: (path) => copyHistory(options.path, path),
    close: () => thread.close(),
  };
}

function encode(batch: Batch, interning: Interning): WriteRequest {
  const raw = encodeRaw(batch, interning);
  const bins = BIN_TIERS.flatMap((tier) => {
    const rows = batch.bins.filter((row) => row.tier === tier);
    return rows.length > 0 ? [encodeBins(tier, rows, interning)] : [];
  });
  const { series, layouts } = interning.unconfirmed();
  return { op: 'write', newSeries: series, newLayouts: layouts, raw, bins };
}

function encodeRaw(batch: Batch, interning: Interning): RawRows {
  const layout: number[] = [];
  const tMs: number[] = [];
  const intervalMs: number[] = [];
  const values = new Float64Array(batch.raw.reduce((sum, row) => sum + row.series.length, 0));
  let at = 0;
  for (const row of batch.raw) {
    sameLength(row.series, row.values);
    for (const part of interning.intern(row.device, row.series).parts) {
      layout.push(part.layout);
      tMs.push(row.tMs);
      intervalMs.push(row.intervalMs);
      at = pick(values, at, row.values, part.positions);
    }
  }
  return { layout: Int32Array.from(layout), tMs: Float64Array.from(tMs), intervalMs: Float64Array.from(intervalMs), values };
}

function encodeBins(tier: BinTier, rows: readonly BinRow[], interning: Interning): BinRows {
  const layout: number[] = [];
  const tMs: number[] = [];
  const values = new Float64Array(4 * rows.reduce((sum, row) => sum + row.series.length, 0));
  let at = 0;
  for (const row of rows) {
    const columns = [row.mean, row.min, row.max, row.known];
    for (const column of columns) sameLength(row.series, column);
    for (const part of interning.intern(row.device, row.series).parts) {
      layout.push(part.layout);
      tMs.push(row.tMs);
      for (const column of columns) at = pick(values, at, column, part.positions);
    }
  }
  return { tier, layout: Int32Array.from(layout), tMs: Float64Array.from(tMs), values };
}

/** Puts values into a layout's order. @returns where the next ones go */
function pick(to: Float64Array, at: number, from: Float64Array, positions: Int32Array): number {
  for (let i = 0; i < positions.length; i++) to[at + i] = from[positions[i] ?? 0] ?? NaN;
  return at + positions.length;
}

function sameLength(series: SeriesList, values: Float64Array): void {
  if (series.length !== values.length) throw new TypeError(`A row of ${series.length} series has ${values.length} values.`);
}

/** What is known of the last record of a series. */
const UNSURE = 0;
const NONE = 1;
const SOME = 2;

/** The last record of every series, by number, as far as it is known without asking. */
function createNewest() {
  let state = new Uint8Array(0);
  let tMs = new Float64Array(0);
  let value = new Float64Array(0);
  const room = (number: number) => {
    if (number < state.length) return;
    // What is never written costs no memory.
    const size = Math.max(1024, Math.ceil(number * 1.5));
    const before = { state, tMs, value };
    [state, tMs, value] = [new Uint8Array(size), new Float64Array(size), new Float64Array(size)];
    state.set(before.state);
    tMs.set(before.tMs);
    value.set(before.value);
  };
  const learn = (number: number, t: number, v: number) => {
    room(number);
    state[number] = t === -Infinity ? NONE : SOME;
    tMs[number] = t;
    value[number] = v;
  };
  return {
    sure: (number: number) => (state[number] ?? UNSURE) !== UNSURE,
    /** A series that has no past. */
    begin: (number: number) => learn(number, -Infinity, NaN),
    learn,
    see(numbers: Int32Array, t: number, values: Float64Array) {
      for (let i = 0; i < numbers.length; i++) {
        const number = numbers[i] ?? 0;
        if (number >= state.length) room(number);
        const v = values[i] ?? NaN;
        if (state[number] === UNSURE || t < (tMs[number] ?? 0)) continue;
        // A record was taken away: who knows which is the last now.
        state[number] = v === Infinity ? UNSURE : SOME;
        tMs[number] = t;
        value[number] = v;
      }
    },
    get(number: number): Latest | null {
      return number > 0 && state[number] === SOME ? { tMs: tMs[number] ?? 0, value: value[number] ?? NaN } : null;
    },
  };
}
