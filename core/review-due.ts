/** Reviews that are made by themselves every week or month, and when which one is due. */
import type { Selector } from './dashboard-select.ts';
import type { MetricName } from './model.ts';
import { planReview } from './review.ts';

export interface ScheduledReview {
  /** Unique; also the title of what is kept. */
  readonly name: string;
  readonly every: 'week' | 'month';
  readonly select: Selector;
  readonly metrics: readonly MetricName[];
  /** IANA name. */
  readonly zone: string;
  /** So many reports are kept, the newest. */
  readonly keep: number;
}

/** The last samples of a period are sealed by then. */
const GRACE_MS = 5 * 60_000;
/** Periods made up for after a long absence. */
const MISSED_MAX = 12;

/**
 * Begins of the periods that are over and of which there is no report yet, the oldest first: all
 * since the newest one kept, or, where none is kept, the last one only.
 * @param keptFromMs begins of the periods whose reports are kept
 */
export function dueReviews(review: ScheduledReview, nowMs: number, keptFromMs: readonly number[]): number[] {
  const { every, zone, keep } = review;
  const newestMs = Math.max(-Infinity, ...keptFromMs);
  const due: number[] = [];
  for (let atMs = nowMs - GRACE_MS; due.length < Math.min(keep, MISSED_MAX);) {
    const last = planReview(every, atMs, atMs, zone).spans[1];
    if (!last || last.fromMs <= newestMs) break;
    due.unshift(last.fromMs);
    if (newestMs === -Infinity) break;
    atMs = last.fromMs;
  }
  return due;
}
