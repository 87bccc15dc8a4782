/** Rankings over many series: 30 days of minutes, and of the rest of the year what the daily maximum needs. */
import { copyFileSync, constants, statfsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_TIERS, type SeriesKey } from '../../core/model.ts';
import type { BinRow } from '../../core/ports.ts';
import { DAY, grouped, NOW, openHistory, PER_DEVICE, seriesOf } from './fleet.ts';
import { fillMinutes, YEAR, type Copied, type Filled } from './filling.ts';
import { ask, fillHolders, rankingQuestions, type Holder, type Rounds } from './questions.ts';
import { bytesOf, openPipe, type Programs } from './rrd.ts';
import { sayAnswered, type Answered } from './sentences.ts';
import type { Server } from './servers.ts';
import { valueAt } from './traffic.ts';

const DAYS = 30;
const COPIED_MANY: Copied = { raw: 0, '5m': DAYS * DAY, '1h': 0, '1d': YEAR };
/** What must stay free on the disk. */
const SPARE_BYTES = 8e9;
/** Days of one write. */
const AT_ONCE = 30;

/** @param filledFiles of rrdtool, with a year each, in this folder */
export async function askMany(
  folder: string,
  programs: Programs | null,
  servers: readonly Server[],
  filledFiles: readonly string[],
  count: number,
  rounds: Rounds,
  say: (text: string) => void,
): Promise<Answered[]> {
  const filled = await fillMany(folder, count);
  const files = programs ? await copies(folder, filledFiles, count) : [];
  const pipe = programs && files.length > 0 ? openPipe(programs, folder) : null;
  let holders: Holder[] = [];
  try {
    holders = await fillHolders(servers, 'many', filled, COPIED_MANY, say);
    const asked = { filled, pipe, files, holders };
    const answered: Answered[] = [];
    for (const question of rankingQuestions(asked)) {
      const answer = await ask(asked, question, rounds);
      answered.push(answer);
      for (const line of sayAnswered(answer)) say(line);
    }
    return answered;
  } finally {
    for (const { store } of holders) await store.close();
    await pipe?.close();
    await filled.history.close();
  }
}

async function fillMany(folder: string, count: number): Promise<Filled> {
  const series = seriesOf(count);
  const { store, history } = await openHistory(folder, 'many');
  await store.ensureTiers(DEFAULT_TIERS);
  const first = NOW - YEAR;
  for (let fromMs = first; fromMs < NOW - DAYS * DAY; fromMs += AT_ONCE * DAY) {
    const days = Math.min(AT_ONCE, Math.round((NOW - DAYS * DAY - fromMs) / DAY));
    const bins = grouped(series).flatMap((own, d) => Array.from({ length: days }, (_day, i) => dayOf(own, d, fromMs + i * DAY)));
    const answer = await store.write({ raw: [], bins });
    if (answer.result !== 'ok') throw new Error(`days are not taken: ${answer.reason}`);
  }
  await fillMinutes(history, grouped(series), DAYS);
  return { store, history, series };
}

/** A day as 1,440 minutes would leave it; its minutes would take too long to make. */
function dayOf(series: readonly SeriesKey[], d: number, tMs: number): BinRow {
  const at = (hour: number) => Float64Array.from(series, (_key, k) => valueAt(tMs + (hour * DAY) / 24, d * PER_DEVICE + k));
  const [mean, some] = [at(6), at(18)];
  return {
    tier: '1d',
    device: series[0]?.split('/')[0] ?? '',
    tMs,
    series,
    mean,
    min: mean.map((value, i) => Math.min(value, some[i] ?? value) / 2),
    max: mean.map((value, i) => Math.max(value, some[i] ?? value) * 1.5),
    known: new Float64Array(series.length).fill(1),
  };
}

/** As many files as there is room for: copies of filled ones, on the disk before anything is asked. */
async function copies(folder: string, filled: readonly string[], count: number): Promise<string[]> {
  const [first] = filled;
  if (first === undefined) return [];
  const { bavail, bsize } = statfsSync(folder);
  const room = Math.floor((bavail * bsize - SPARE_BYTES) / bytesOf(folder, first));
  const files = filled.slice(0, count);
  for (let n = files.length; n < Math.min(count, room); n++) {
    const file = `many${n}.rrd`;
    copyFileSync(join(folder, filled[n % filled.length] ?? first), join(folder, file), constants.COPYFILE_FICLONE);
    const handle = await open(join(folder, file), 'r+');
    try {
      await handle.datasync();
    } finally {
      await handle.close();
    }
    files.push(file);
  }
  return files;
}
