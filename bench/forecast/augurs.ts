/** MSTL with ETS by @bsull/augurs (Rust in WebAssembly, MIT or Apache-2.0): a peer, and a member on trial. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { normalQuantile } from '../../core/forecast/normal.ts';
import { LEVELS } from '../../core/forecast/model.ts';
import type { Member } from '../../core/forecast/rate.ts';

interface Predicted {
  readonly point: number[];
  readonly intervals?: { readonly lower: number[]; readonly upper: number[] };
}
/** What of the package is used; it need not be there. */
interface Mstl {
  initSync(input: { module: Uint8Array }): unknown;
  readonly MSTL: {
    ets(
      periods: number[],
      options: { impute: boolean },
    ): { fit(y: Float64Array): void; predict(steps: number, level: number): Predicted; free(): void };
  };
}

export interface Augurs {
  readonly member: Member;
  /** Quantiles of each step ahead, one for each of LEVELS; null where it fails. */
  quantiles(y: Float64Array, perDay: number, steps: number): number[][] | null;
}

/** The version measured; fetched into a folder of its own, because a benchmark is its only user. */
const VERSION = '0.10.2';
const FOLDER = join(import.meta.dirname, '..', '..', '.cache', `augurs-${VERSION}`);
const FETCH_TIMEOUT_MS = 60_000;

/** @returns null where the package cannot be had */
export async function loadAugurs(): Promise<Augurs | null> {
  let mstl: Mstl;
  try {
    const file = join(FOLDER, 'node_modules', '@bsull', 'augurs', 'mstl.js');
    if (!existsSync(file)) fetchPackage();
    mstl = (await import(pathToFileURL(file).href)) as Mstl;
    mstl.initSync({ module: readFileSync(file.replace(/\.js$/, '_bg.wasm')) });
  } catch {
    return null;
  }
  const predict = (y: Float64Array, perDay: number, steps: number): Predicted | null => {
    const periods = (perDay === 1 ? [7] : [perDay, 7 * perDay]).filter((period) => y.length > 2 * period);
    if (periods.length === 0) return null;
    const model = mstl.MSTL.ets(periods, { impute: true });
    try {
      model.fit(y);
      return model.predict(steps, 0.8);
    } catch {
      return null;
    } finally {
      model.free();
    }
  };
  return {
    member: (y, { perDay }, steps) => predict(y, perDay, steps)?.point ?? null,
    quantiles: (y, perDay, steps) => {
      const predicted = predict(filled(y), perDay, steps);
      return predicted && predicted.point.map((centre, h) => levels(centre, predicted.intervals, h));
    },
  };
}

/** @throws Error when npm cannot get it */
function fetchPackage(): void {
  mkdirSync(FOLDER, { recursive: true });
  const words = [
    'install',
    '--prefix',
    FOLDER,
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    `@bsull/augurs@${VERSION}`,
  ];
  execFileSync('npm', words, { cwd: FOLDER, stdio: 'ignore', timeout: FETCH_TIMEOUT_MS });
}

/** Its 80 % interval as that of a normal distribution. */
function levels(centre: number, intervals: Predicted['intervals'], h: number): number[] {
  const half = intervals ? ((intervals.upper[h] ?? centre) - (intervals.lower[h] ?? centre)) / 2 : 0;
  return LEVELS.map((level) => centre + (half / normalQuantile(0.9)) * normalQuantile(level));
}

/** It knows no gaps: the last known value stands in. */
function filled(y: Float64Array): Float64Array {
  let last = y.find((v) => !Number.isNaN(v)) ?? 0;
  return y.map((v) => (last = Number.isNaN(v) ? last : v));
}
