/** Makes the reviews that are due and keeps them; what was missed while nothing ran is made up for. */
import { dueReviews, type ScheduledReview } from '../core/review-due.ts';
import type { Clock, Log } from '../core/ports.ts';
import type { KeptReview } from '../core/review-view.ts';
import { reviewId, type ReviewArchive } from './review-archive.ts';
import type { ReadReview } from './review.ts';
import { dateOf } from './review-dates.ts';
import { reviewPdf } from './review-pdf.ts';
import { describe } from './problem.ts';

export interface KeeperDeps {
  readonly archive: ReviewArchive;
  readonly readReview: ReadReview;
  readonly reviews: readonly ScheduledReview[];
  readonly clock: Clock;
  /** The server ends: what is not kept by now is due at the next start. */
  readonly ending: () => boolean;
  readonly log: Log;
}

export interface ReviewKeeper {
  readonly keep: () => Promise<readonly KeptReview[]>;
  /** Resolves when it is not at work. */
  readonly idle: () => Promise<void>;
}

/**
 * Keeps what is due now. One that fails is logged and due again the next time; who asks while it
 * is at work waits for the same.
 */
export function createReviewKeeper(deps: KeeperDeps): ReviewKeeper {
  let working: Promise<readonly KeptReview[]> | null = null;
  return {
    keep: () =>
      (working ??= keepDue(deps).finally(() => {
        working = null;
      })),
    idle: async () => void (await working),
  };
}

async function keepDue({ archive, readReview, reviews, clock, ending, log }: KeeperDeps): Promise<readonly KeptReview[]> {
  const made: KeptReview[] = [];
  for (const review of reviews) {
    if (ending()) break;
    try {
      const { name, every, zone, keep, metrics, select } = review;
      const begin = reviewId(name, every, '');
      const kept = (await archive.list()).filter(({ id }) => id.startsWith(begin));
      const due = dueReviews(
        review,
        clock.nowMs(),
        kept.map(({ fromMs }) => fromMs),
      );
      for (const atMs of due) {
        const found = await readReview({ title: name, period: every, atMs, zone, metrics, select });
        // Before anything was measured there is nothing to report; later that nothing is known is worth a report.
        if (kept.length === 0 && found.rows.every(({ figures }) => (figures[0]?.known ?? 0) === 0)) continue;
        made.push(await archive.put(found, await reviewPdf(found), reviewId(name, every, dateOf(found)), keep));
      }
    } catch (error) {
      if (ending()) break;
      log.error(`The review ${JSON.stringify(review.name)} could not be made and kept; it is tried again in an hour.`, {
        cause: describe(error),
      });
    }
  }
  for (const { title, name } of made) log.info(`The review ${JSON.stringify(title)} of ${name} was made and is kept.`);
  return made;
}
