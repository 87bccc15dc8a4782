/**
 * Forecasts of everything that can fill: made one after the other with pauses, kept as rows, and whole for whoever
 * looks at one. Nobody waits for a row.
 */
import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import {
  CapacityRow as RowSchema,
  type CapacityRow,
  type CapacityRule,
  type ForecastRowText,
  type Forecasts,
  type WholeForecast,
} from '../core/capacity.ts';
import { takenAlong, type MachineLoad } from '../core/machine-move.ts';
import { applyScenario } from '../core/what-if.ts';
import type { Catalog, Clock, History, Log } from '../core/ports.ts';
import { Said, SAID_EVERY_MS, SAID_KEPT_MS, saidOf } from '../core/said.ts';
import { fillableOf, type Fillable } from './capacity-series.ts';
import { createFitter, type FitterOptions } from './fitting.ts';
import { FORECAST_DAYS, makeForecast } from './forecast-making.ts';
import type { Inventory } from './inventory.ts';
import { badRequest, describe, quoted } from './problem.ts';
import { createTurns } from './turns.ts';

const DAY_MS = 86_400_000;
/** Of one graph, unless more is asked for. */
const SHOWN_DAYS = { least: 120, most: FORECAST_DAYS } as const;
const SERIES_MAX = 5_000;
/** A night, and the time a round takes: whoever asks later than that begins one. */
const REFRESH_MS = 26 * 3_600_000;
/** Between two reads of histories, so that whoever polls keeps its cadence; the fits are a thread's. */
const PAUSE_MS = 5;
const SAVED_AT_ONCE = 100;
const WHOLES_KEPT = 64;
const WHOLE_MS = 3_600_000;
/** A link is looked at when it has carried this share of its speed within so many days. */
const LINK_SHARE = 0.1;
const LINK_DAYS = 30;
const LINKS_AT_ONCE = 500;
/** Disks or links of a machine that moves. */
const PARTS_MAX = 20;

export interface ForecastsOptions {
  readonly history: History;
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly zone: string;
  readonly catalog: Pick<Catalog, 'forecasts'>;
  /** Of several that fit the last counts. */
  readonly rules: readonly CapacityRule[];
  readonly ending: () => boolean;
  readonly log: Log;
  readonly fitter?: FitterOptions;
}

export function createForecasts(options: ForecastsOptions): Forecasts {
  const { history, inventory, catalog, clock, log } = options;
  const rows = new Map<string, CapacityRow>();
  const wholes = new Map<string, { readonly untilMs: number; readonly whole: Promise<WholeForecast> }>();
  const turns = createTurns({ atOnce: 1, waitingMax: 64 });
  const fitter = createFitter(options.fitter);
  let loaded: Promise<void> | null = null;
  let madeMs: number | null = null;
  let begunMs = -Infinity;
  let waiting = 0;
  let pass: Promise<void> | null = null;

  const make = (one: Fillable): Promise<WholeForecast> =>
    makeForecast({ history, clock, fitter, zone: options.zone, rules: options.rules, saidOf: saidBefore }, one);

  const saidBefore = async (series: string): Promise<Said[]> =>
    (await catalog.forecasts.said(series)).flatMap((doc) => parsedAs(Said, doc) ?? []);

  /** Kept for a while, because a page asks for the same one again and again under other scenarios. */
  const wholeOf = (one: Fillable): Promise<WholeForecast> => {
    const held = wholes.get(one.series);
    if (held && clock.monoMs() < held.untilMs) return held.whole;
    const whole = turns.take(() => make(one));
    wholes.delete(one.series);
    wholes.set(one.series, { untilMs: clock.monoMs() + WHOLE_MS, whole });
    for (const oldest of wholes.keys()) {
      if (wholes.size <= WHOLES_KEPT) break;
      wholes.delete(oldest);
    }
    // What failed is tried again at the next look.
    whole.catch(() => wholes.delete(one.series));
    return whole;
  };

  /** What a machine takes along of the kind of `here`. @throws HttpProblem 400 when that cannot be said */
  const loadOf = async (id: string, here: Fillable): Promise<MachineLoad> => {
    const stocked = (await inventory((picture) => picture.has(id))).get(id);
    if (!stocked) throw badRequest(`The machine ${quoted(id)} of the scenario is not known: choose one that is polled.`);
    const { name } = stocked.device;
    if (id === here.device.id) throw badRequest(`${name} is what this forecast is of: choose a machine that comes or leaves.`);
    const alike = fillableOf(stocked).filter(({ what, metric }) => what === here.what && metric === here.metric);
    if (alike.length === 0) throw badRequest(`Of ${name} no ${here.what} is known, so what it takes along cannot be said.`);
    if (alike.length > PARTS_MAX)
      throw badRequest(`${name} has ${alike.length} of this kind, which is no machine that moves: at most ${PARTS_MAX}.`);
    const wholes = [];
    for (const part of alike) wholes.push(await wholeOf(part));
    return { name, parts: takenAlong(wholes) };
  };

  const candidates = async (): Promise<Fillable[]> => {
    const all = [...(await inventory()).values()].flatMap(fillableOf);
    const links = all.filter(({ what }) => what === 'link');
    const used = new Set<string>();
    const nowMs = clock.nowMs();
    for (let at = 0; at < links.length && !options.ending(); at += LINKS_AT_ONCE) {
      const some = links.slice(at, at + LINKS_AT_ONCE);
      const bins = await history.bins(
        some.map(({ series }) => series),
        '1d',
        nowMs - LINK_DAYS * DAY_MS,
        nowMs,
        ['max'],
      );
      some.forEach(({ series, size }, i) => {
        if (bins[i]?.max.some((v) => v > LINK_SHARE * (size ?? Infinity))) used.add(series);
      });
    }
    return all.filter(({ what, series }) => what !== 'link' || used.has(series)).slice(0, SERIES_MAX);
  };

  /** What it says of days to come, if a week has passed since the last that is kept. */
  const toBeKept = async ({ series, steps, fromMs, madeMs: atMs }: WholeForecast): Promise<Pick<ForecastRowText, 'said'>> => {
    const last = (await saidBefore(series)).at(-1);
    // A clock that was set back must not end the record until it has caught up.
    if (last && last.madeMs <= atMs && atMs - last.madeMs < SAID_EVERY_MS) return {};
    const said = saidOf(steps, fromMs, atMs);
    return said ? { said: { madeMs: atMs, doc: JSON.stringify(said) } } : {};
  };

  const makeAll = async (): Promise<void> => {
    const wanted = await candidates();
    const still = new Set<string>(wanted.map(({ series }) => series));
    const gone = [...rows.keys()].filter((series) => !still.has(series));
    for (const series of gone) rows.delete(series);
    await catalog.forecasts.remove(gone);
    waiting = wanted.length;
    await catalog.forecasts.forget(clock.nowMs() - SAID_KEPT_MS);
    const unsaved: ForecastRowText[] = [];
    const save = () => catalog.forecasts.save(unsaved.splice(0));
    for (const one of wanted) {
      if (options.ending()) break;
      try {
        const whole = await make(one);
        const row = rowOf(whole);
        rows.set(one.series, row);
        unsaved.push({ series: row.series, doc: JSON.stringify(row), ...(await toBeKept(whole)) });
        madeMs = clock.nowMs();
      } catch (error) {
        if (options.ending()) break;
        log.warn('A forecast could not be made.', { series: one.series, cause: describe(error) });
      }
      waiting--;
      if (unsaved.length >= SAVED_AT_ONCE) await save();
      await clock.sleep(PAUSE_MS);
    }
    await save();
  };

  /** What was made before this process: seen at once, made again in its turn. */
  const load = async (): Promise<void> => {
    for (const doc of await catalog.forecasts.load()) {
      const row = parsedAs(RowSchema, doc) as CapacityRow | null;
      if (!row || rows.has(row.series)) continue;
      rows.set(row.series, row);
      madeMs = Math.max(madeMs ?? 0, row.madeMs);
    }
    if (madeMs !== null) begunMs = clock.monoMs() - Math.max(0, clock.nowMs() - madeMs);
  };
  const ready = (): Promise<void> => {
    loaded ??= load().catch((error: unknown) => {
      loaded = null;
      log.warn('Forecasts of before could not be read.', { cause: describe(error) });
    });
    return loaded;
  };

  /** Begins a round when the last one is old; a row that is there stays until its next one. */
  const begin = (): void => {
    if (pass || clock.monoMs() - begunMs < REFRESH_MS || options.ending()) return;
    begunMs = clock.monoMs();
    pass = makeAll()
      .catch((error: unknown) => {
        begunMs = -Infinity;
        log.warn('Forecasts could not be made.', { cause: describe(error) });
      })
      .finally(() => (pass = null));
  };

  return {
    async keep() {
      await ready();
      begunMs = -Infinity;
      begin();
      await pass;
    },
    async idle() {
      await ready();
      begin();
      await pass;
    },
    async close() {
      const round = pass;
      await fitter.close();
      await round;
    },
    async rows() {
      await ready();
      begin();
      // Nothing is known yet of what there is to make.
      const early = pass !== null && rows.size === 0 && waiting === 0 ? 1 : waiting;
      return { rows: [...rows.values()], madeMs, waiting: early };
    },
    async of(series, { horizonDays, scenario = null }) {
      const device = series.slice(0, series.indexOf('/'));
      const stocked = (await inventory((picture) => picture.has(device))).get(device);
      const one = stocked && fillableOf(stocked).find((each) => each.series === series);
      if (!one) return null;
      const whole = await wholeOf(one);
      const machine = scenario?.machine ? await loadOf(scenario.machine.device, one) : null;
      const changed = scenario ? { ...applyScenario(whole, scenario, clock.nowMs(), machine), ...named(machine) } : whole;
      const days = horizonDays ?? shownDays(changed);
      return { ...changed, steps: changed.steps.slice(0, days) };
    },
  };
}

/** Null for what an older version wrote otherwise. */
function parsedAs<T extends TSchema>(schema: T, doc: string): Static<T> | null {
  try {
    const value: unknown = JSON.parse(doc);
    return Value.Check(schema, value) ? value : null;
  } catch {
    return null; // A row that cannot be read is made again; what was said then is no longer known.
  }
}

const named = (machine: MachineLoad | null): Pick<WholeForecast, 'machine'> =>
  machine ? { machine: { name: machine.name, level: machine.parts.reduce((sum, { level }) => sum + (level ?? 0), 0) } } : {};

const rowOf = ({
  history: _h,
  stepMs: _s,
  fromMs: _f,
  steps: _q,
  decisions: _d,
  reasons: _r,
  backtest: _b,
  limitSteps: _l,
  machine: _m,
  ...row
}: WholeForecast): CapacityRow => row;

/** As long as the history, and until the late end of the dates where that is not much further. */
function shownDays({ history, dates, madeMs }: WholeForecast): number {
  const reach = dates ? ((dates.highMs ?? dates.medianMs) - madeMs) / DAY_MS + 30 : 0;
  const wanted = Math.max(SHOWN_DAYS.least, Math.min(history.tMs.length, 365), Math.min(reach, 2 * history.tMs.length));
  return Math.round(Math.min(SHOWN_DAYS.most, wanted));
}
