/**
 * The history: what the collector appends becomes records and bins, durable together. Rows
 * that come while a write is under way go with the next one; rows a store cannot take now wait.
 */
import type { BinTier, SeriesKey, TierSpec } from '../core/model.ts';
import type {
  Batch,
  BinColumn,
  BinColumns,
  BinRow,
  History,
  HistoryHealth,
  ImportSeries,
  Log,
  RawColumns,
  SeriesStore,
  WriteResult,
} from '../core/ports.ts';
import { TIER_STEP_MS } from '../core/model.ts';
import type { Bin } from '../core/rollup.ts';
import { batches, keptFrom, planImport, planRepair, type Planned } from './history/import.ts';
import { withoutReplacing } from './history/refusing.ts';
import { KEPT_FOR_EVER } from './history/recompute.ts';
import { createOpenBins, type Composed, type Redo } from './history/open-bins.ts';
import { ANY_NUMBER_OF_TIMES, createOnce } from './history/once.ts';
import { createPostponed } from './history/postponed.ts';
import { createQueue } from './history/queue.ts';
import { known } from './history/rows.ts';

export interface HistoryOptions {
  readonly store: SeriesStore;
  readonly tiers: readonly TierSpec[];
  /** UTC milliseconds; decides when a write that failed is tried again. */
  readonly nowMs: () => number;
  readonly log: Log;
  /** Values that may wait in memory while the store cannot take them; beyond it the oldest are dropped. */
  readonly mostWaitingValues?: number;
  /** Imports of at most so many samples are written whole, even where they are past their retention. */
  readonly importedWhole?: number;
}

const MOST_WAITING_VALUES = 8_000_000;
/** Values of one transaction. */
const VALUES_AT_ONCE = 250_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 60_000;
const IMPORTED_WHOLE = 200_000;
/** Series of an import that are worked on together. */
const IMPORTED_AT_ONCE = 32;

/** Series whose open bins are taken up again at one upkeep after a start. */
const RESUMED_AT_ONCE = 2_000;

/** What was handed to the store and not yet taken. */
interface Pending {
  readonly composed: readonly Composed[];
  readonly sealed: readonly BinRow[];
  readonly redo: readonly Redo[];
}

/**
 * Makes the tiers ready and begins. Rebuilding of open bins is left to the first touch of a series.
 * @throws what the store throws when it cannot make its tiers
 */
export async function createHistory(options: HistoryOptions): Promise<History> {
  const { store, tiers, nowMs, log } = options;
  await store.ensureTiers(tiers);
  const openBins = createOpenBins(store);
  const readable = store.readable ?? store;
  const replaces = store.rewrites !== false;
  const once = replaces ? ANY_NUMBER_OF_TIMES : createOnce();
  const postponed = createPostponed(log);
  const queue = createQueue(options.mostWaitingValues ?? MOST_WAITING_VALUES);
  let pending: Pending | null = null;
  let trouble = '';
  let retryMs = RETRY_FIRST_MS;
  let retryAtMs = -Infinity;
  let [writtenSamples, droppedSamples, lateSamples] = [0, 0, 0];
  let turn: Promise<unknown> = Promise.resolve();
  let pumping: Promise<void> | null = null;
  let closed = false;

  /** One thing at a time touches bins and store; what fails does not stop what comes next. */
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };
  const due = () => trouble === '' || nowMs() >= retryAtMs;
  const failed = (reason: string) => {
    if (trouble === '') log.error(`History cannot be written: ${reason}`, { waitingRows: queue.rows() });
    trouble = reason;
    retryAtMs = nowMs() + retryMs;
    retryMs = Math.min(RETRY_LAST_MS, retryMs * 2);
    queue.release();
  };
  const recovered = () => {
    if (trouble !== '') log.info('History is written again.', { waitingRows: queue.rows() });
    trouble = '';
    retryMs = RETRY_FIRST_MS;
  };

  /** Hands the pending rows to the store; false while it cannot take them. */
  const flush = async (): Promise<boolean> => {
    if (!pending) return true;
    const { composed, sealed, redo } = pending;
    const answer = await store.write({
      raw: composed.map((row) => row.raw),
      bins: [...composed.flatMap((row) => row.bins), ...sealed],
    });
    switch (answer.result) {
      case 'ok':
        writtenSamples += samplesOf(composed);
        // What must be computed anew stays pending until it is.
        pending = redo.length > 0 ? { composed: [], sealed: [], redo } : null;
        recovered();
        if (redo.length > 0) await repair(redo);
        pending = null;
        return true;
      case 'rejected':
        pending = null;
        await salvage(composed, sealed, answer.reason);
        return true;
      default:
        failed(answer.reason);
        return false;
    }
  };
  /** A row nobody can ever store must not take its neighbours with it. */
  const salvage = async (composed: readonly Composed[], sealed: readonly BinRow[], reason: string) => {
    const parts: Batch[] = [
      ...composed.map((row) => ({ raw: [row.raw], bins: row.bins })),
      ...sealed.map((row) => ({ raw: [], bins: [row] })),
    ];
    for (const part of parts) {
      const answer = parts.length > 1 ? await store.write(part) : { result: 'rejected' as const, reason };
      const samples = part.raw.reduce((sum, row) => sum + row.values.length, 0);
      if (answer.result === 'ok') {
        writtenSamples += samples;
        continue;
      }
      droppedSamples += samples;
      log.error(`The store refused samples: ${answer.reason}`, { samples });
      openBins.forget([...part.raw, ...part.bins].flatMap((row) => [...row.series]));
    }
  };
  const repair = async (redo: readonly Redo[]) => {
    const planned: Planned[] = [];
    const done = await postponed.unlessAway(redo, async ({ series, fromMs, toMs }) => {
      planned.push(await planRepair(store, series, fromMs, toMs));
    });
    await writeAll(planned);
    openBins.forget(done.map(({ series }) => series));
  };
  const writeAll = async (planned: readonly Planned[]) => {
    const written = async (write: Promise<WriteResult> | null) => {
      const answer = await write;
      if (answer && answer.result !== 'ok') throw new Error(answer.reason);
    };
    // While the store takes one batch, the next one is put together; it is sent once the first is
    // safe, because bins must not tell what raw records do not.
    let under: Promise<WriteResult> | null = null;
    for (const batch of batches(planned)) {
      await written(under);
      under = store.write(batch);
      // What became of it is asked at its turn; until then nobody listens.
      under.catch(() => undefined);
    }
    await written(under);
  };

  /** Takes some waiting rows into bins and store; false when none is left or the store has had enough. */
  const drain = async (): Promise<boolean> => {
    if (!(await flush())) return false;
    const taken = queue.take(VALUES_AT_ONCE);
    if (taken.rows.length === 0) return false;
    try {
      await openBins.load(
        taken.rows.map((row) => row.series),
        'append',
      );
    } catch (error) {
      taken.putBack();
      throw error;
    }
    const composed: Composed[] = [];
    const redo: Redo[] = [];
    for (const row of taken.rows) {
      const out = openBins.compose(row);
      composed.push(...out.rows.map(({ raw, bins }) => ({ raw, bins: once.strip(bins) })));
      if (replaces) redo.push(...out.redo);
      lateSamples += out.late;
      droppedSamples += out.late;
    }
    pending = { composed, sealed: [], redo };
    const written = await flush();
    taken.done();
    return written;
  };
  const pump = (): Promise<void> => {
    pumping ??= (async () => {
      try {
        // In turns, so that reads and imports need not wait until the queue is empty.
        while (await exclusive(drain));
      } catch (error) {
        failed(error instanceof Error ? error.message : String(error));
      } finally {
        pumping = null;
        // A row may have come between the last look and now.
        if (queue.rows() > 0) {
          if (due()) void pump();
          else queue.release();
        }
      }
    })();
    return pumping;
  };

  /** Series of an earlier run that nobody may ever write again: their open bins must be closed all the same. */
  let unresumed: number | null = 0;
  const resume = async (now: number) => {
    if (unresumed === null) return;
    const { series, next } = await openBins.unloaded(unresumed, RESUMED_AT_ONCE);
    const rawMs = tiers.find((spec) => spec.tier === 'raw')?.retentionMs ?? Infinity;
    const latest = await readable.latest(series);
    const recent = series.filter((_key, i) => (latest[i]?.tMs ?? -Infinity) > now - rawMs);
    if (recent.length > 0) await openBins.load([recent], 'read');
    unresumed = next;
  };

  return {
    append(rows) {
      if (closed) return Promise.reject(new Error('the history is closed'));
      const wanted = rows.filter((row) => row.series.length > 0);
      if (wanted.length === 0) return Promise.resolve();
      const durable = queue.push(wanted, (row) => {
        if (droppedSamples === lateSamples) log.error('Too many samples wait for the store; the oldest are dropped.');
        droppedSamples += row.values.length;
        openBins.lose(row);
      });
      if (due()) void pump();
      else queue.release();
      return durable;
    },
    async importSamples(series) {
      const done = { samples: 0, bins: 0 };
      const some = series.filter(({ tMs }) => tMs.length > 0);
      const samples = some.reduce((sum, { tMs }) => sum + tMs.length, 0);
      // Who imports a little looks at it afterwards, row by row; upkeep takes what is past its retention soon enough.
      const kept = samples <= (options.importedWhole ?? IMPORTED_WHOLE) ? KEPT_FOR_EVER : keptFrom(tiers, nowMs());
      // All or nothing, where nothing can be taken back.
      const plan = async (one: ImportSeries) => {
        const planned = await planImport(store, one, kept);
        return replaces ? planned : withoutReplacing(store, openBins, planned, one);
      };
      if (!replaces)
        await exclusive(async () => {
          for (const one of some) await plan(one);
        });
      for (let from = 0; from < some.length; from += IMPORTED_AT_ONCE) {
        const part = some.slice(from, from + IMPORTED_AT_ONCE);
        await exclusive(async () => {
          if (!(await flush())) throw new Error(`Nothing can be imported while the history cannot be written: ${trouble}`);
          const planned: Planned[] = [];
          for (const samples of part) planned.push(await plan(samples));
          // Whatever happens now, memory must not go on from what was before.
          openBins.forget(part.map((samples) => samples.series));
          await writeAll(planned);
          for (const { bins } of planned) for (const list of bins.values()) done.bins += list.length;
          for (const { tMs } of part) done.samples += tMs.length;
        });
      }
      return done;
    },
    async raw(series, fromMs, toMs) {
      const answers = await readable.raw(series, fromMs, toMs);
      return answers.map((columns): RawColumns => ({ ...columns, value: columns.value.map(known) }));
    },
    async bins(series, tier, fromMs, toMs, columns) {
      if (!openBins.loaded(series)) await exclusive(() => openBins.load([series], 'read'));
      const fromMemory = () =>
        series.map((key) => [...waiting(pending, key, tier), openBins.open(key, tier)].filter((bin) => bin !== null));
      // A bin may close and be stored while we ask: what it was before, or what it is after, is in one of the three.
      const before = fromMemory();
      const answers = await readable.bins(series, tier, fromMs, toMs, columns && [...new Set<BinColumn>([...columns, 'known'])]);
      const after = fromMemory();
      return answers.map((stored, i) =>
        withBins(stored, [...(before[i] ?? []), ...(after[i] ?? [])], fromMs, toMs, TIER_STEP_MS[tier], columns),
      );
    },
    async latest(series) {
      const answers = await readable.latest(series);
      return answers.map((last) => (last ? { tMs: last.tMs, value: known(last.value) } : null));
    },
    async remove(series) {
      await exclusive(async () => {
        openBins.forget(series);
        await store.remove(series);
        openBins.forget(series);
      });
    },
    async maintain(now) {
      if (due()) await pump();
      await exclusive(async () => {
        await resume(now);
        if (!pending) {
          await repair(postponed.take());
          const sealed = once.strip(openBins.seal(now));
          if (sealed.length > 0) {
            once.sealed(sealed);
            pending = { composed: [], sealed, redo: [] };
            await flush();
          }
        }
        await store.maintain(now);
      });
    },
    tiers: () => tiers,
    async health(): Promise<HistoryHealth> {
      const health = await store.health();
      const reason = [trouble, health.reason].filter(Boolean).join(' ');
      const waitingRows = queue.rows() + (pending?.composed.length ?? 0);
      return { ...health, ok: health.ok && trouble === '', reason, waitingRows, writtenSamples, droppedSamples };
    },
    async close() {
      if (closed) return;
      await pump();
      closed = true;
      await exclusive(async () => {
        const left = queue.rows() + (pending?.composed.length ?? 0);
        if (left > 0) log.error('Rows that the store could not take are lost with this end.', { rows: left });
        queue.release();
        await store.close();
      });
    },
  };
}

function samplesOf(composed: readonly Composed[]): number {
  return composed.reduce((sum, { raw }) => sum + raw.values.length, 0);
}

/** Bins of a series that are closed but not yet stored. */
function waiting(pending: Pending | null, series: SeriesKey, tier: BinTier): Bin[] {
  if (!pending) return [];
  return [...pending.composed.flatMap((row) => row.bins), ...pending.sealed].flatMap((row) => {
    const i = row.tier === tier ? [...row.series].indexOf(series) : -1;
    const share = row.known[i] ?? NaN;
    return i < 0 || Number.isNaN(share)
      ? []
      : [{ tMs: row.tMs, mean: row.mean[i] ?? NaN, min: row.min[i] ?? NaN, max: row.max[i] ?? NaN, known: share }];
  });
}

/** Adds bins from memory to those of the store; what is known of a bin only grows, so who knows more is newer. */
function withBins(
  stored: BinColumns,
  fresh: readonly Bin[],
  fromMs: number,
  toMs: number,
  stepMs: number,
  columns: readonly BinColumn[] = ['mean', 'min', 'max', 'known'],
): BinColumns {
  let result = stored;
  for (const bin of fresh) {
    if (bin.tMs + stepMs <= fromMs || bin.tMs >= toMs) continue;
    // Nearly always the open bin comes after all that is stored.
    let at = result.tMs.length;
    while (at > 0 && (result.tMs[at - 1] ?? 0) >= bin.tMs) at--;
    const there = result.tMs[at] === bin.tMs;
    if (there && bin.known < (result.known[at] ?? 0)) continue;
    const spliced = (column: Float64Array, value: number) => {
      const longer = new Float64Array(column.length + (there ? 0 : 1));
      longer.set(column.subarray(0, at));
      longer[at] = value;
      longer.set(column.subarray(there ? at + 1 : at), at + 1);
      return longer;
    };
    const wanted = (name: BinColumn) =>
      name === 'known' || columns.includes(name) ? spliced(result[name], bin[name]) : result[name];
    result = {
      tMs: spliced(result.tMs, bin.tMs),
      mean: wanted('mean'),
      min: wanted('min'),
      max: wanted('max'),
      known: wanted('known'),
    };
  }
  return result;
}
