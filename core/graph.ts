/**
 * A graph without a renderer: what the browser, the PNG, the SVG, CSV and JSON all draw from.
 * Everything that needs a decision (scale, ticks, colours by role, gaps, legend figures) is
 * decided before this shape, so that every renderer shows the same graph.
 */
import type { Ago } from './ago.ts';
import type { GraphFuture } from './graph-future.ts';
import type { GapCause, Tier, Unit } from './model.ts';

/** Colour role; each theme maps it to one colour. */
export type Role = 'in' | 'out' | 's1' | 's2' | 's3' | 's4' | 's5' | 'past';

/** Figures of a legend, computed from stored data over the whole range, never from drawn points. */
export interface LineStats {
  /** Last known value in the range. */
  readonly current: number | null;
  readonly average: number | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly maximumAtMs: number | null;
  /** 95th percentile of 5-minute means (or of what `p95From` says). */
  readonly p95: number | null;
  /** "5 min means", "1 h means", "5 min means of the sum, where all 12 are known". */
  readonly p95From: string;
  /** Integral over known time, in unit × seconds (bit/s gives bits). */
  readonly total: number | null;
  /** Share of the range that is known, 0–1. */
  readonly known: number;
}

export interface GraphLine {
  /** Series this line shows. */
  readonly series: string;
  readonly label: string;
  readonly role: Role;
  /** Drawn below zero (traffic out); values themselves stay positive. */
  readonly below: boolean;
  readonly fill: boolean;
  /** One entry a slot of `tMs`; null = unknown. */
  readonly mean: readonly (number | null)[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  /** What 95 % of five-minute means keep to at the hour of each slot, as learnt by now; null = not known. */
  readonly habit?: { readonly low: readonly (number | null)[]; readonly high: readonly (number | null)[] };
  readonly stats: LineStats;
  /** Series behind it: 1, or those of a sum, mean, maximum or minimum. */
  readonly members: number;
  /** The maximum is only known not to be exceeded ("≤"), and the minimum not to be undercut ("≥"). */
  readonly bound: { readonly maximum: boolean; readonly minimum: boolean };
  /** The line shows a range before, moved into this one; or, in a graph of differences, what came since. */
  readonly before?: GraphBefore;
}

export interface GraphBefore {
  readonly ago: Ago;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the average since then, as a share of what it was: 0.12 = 12 % more; null = there was none, or it was 0. */
  readonly change: number | null;
}

export interface GraphGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly cause: GapCause | null;
  /** "no data 03:08–04:02: no answer" */
  readonly text: string;
}

/** A stretch in which some series of a line were unknown: what is drawn there leaves them out. */
export interface GraphPartial {
  readonly fromMs: number;
  readonly toMs: number;
  /** "3 of 12 unknown: web03, web07 and 1 more" */
  readonly text: string;
}

/** Something that happened to what the graph shows; drawn as a mark at its moment. */
export interface GraphEvent {
  readonly tMs: number;
  /** One or a few sentences. */
  readonly text: string;
}

export interface ValueTick {
  readonly value: number;
  readonly label: string;
}
export interface TimeTick {
  readonly tMs: number;
  readonly label: string;
  /** Begins a larger unit (a day among hours, a month among days). */
  readonly major: boolean;
}

export interface GraphData {
  readonly id: string;
  readonly title: string;
  /** Name of the device it is of, which the title does not say; absent where there is no one device. */
  readonly device?: string;
  readonly subtitle: string;
  readonly unit: Unit;
  readonly fromMs: number;
  readonly toMs: number;
  /** Width of a slot. */
  readonly stepMs: number;
  readonly tier: Tier;
  /** IANA zone of the tick labels. */
  readonly zone: string;
  /** Start of each slot. */
  readonly tMs: readonly number[];
  readonly lines: readonly GraphLine[];
  readonly gaps: readonly GraphGap[];
  readonly partial: readonly GraphPartial[];
  /** "In: Tuesday 03:00 usually 40–60 Mb/s; now 310." Absent where what is usual was not asked for. */
  readonly habit?: string;
  /** Oldest first; absent where nobody looked for any. */
  readonly events?: readonly GraphEvent[];
  /** Where not all have a mark: "and 40 more before"; else ''. */
  readonly moreEvents?: string;
  /** Lines stand on each other; their values stay their own. Those below zero make a stack of their own. */
  readonly stack: boolean;
  /** What whoever put the graph together wants drawn, where it was said; `band` null = where there are two lines at most. */
  readonly drawn?: { readonly p95: boolean; readonly band: boolean | null; readonly events: boolean };
  /** Ids of the devices it is about, the first 500. */
  readonly devices: readonly string[];
  /** One sentence where the graph needs one: what it looked for and did not find, what it leaves out; else ''. */
  readonly note: string;
  readonly limits: readonly { readonly label: string; readonly value: number }[];
  readonly y: { readonly min: number; readonly max: number; readonly ticks: readonly ValueTick[] };
  readonly x: { readonly ticks: readonly TimeTick[] };
  /** When the newest sample of any line was taken; null = no sample at all. */
  readonly newestMs: number | null;
  /** First sample of any line, anywhere in history; null = none. */
  readonly oldestMs: number | null;
  /** "5 min averages of 60 s samples; the band is the lowest and highest sample" */
  readonly about: string;
  /** What may come: the slots from `future.slot` on. */
  readonly future?: GraphFuture;
}

/** The title for where nothing around the graph says whose it is: a picture, a page of somebody else's. */
export const titleAlone = ({ device, title }: Pick<GraphData, 'device' | 'title'>): string =>
  device === undefined ? title : `${device} ${title}`;

/** One graph that can be drawn for a device. */
export interface GraphRef {
  /** Stable, safe in a path: `traffic~<device>~<instance>`. */
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  /** Family of its series. */
  readonly family: string;
  readonly device: string;
  readonly instance: string | null;
  /** `main` graphs make a device's page; `detail` graphs are reached from them. */
  readonly rank: 'main' | 'detail';
}
