/** What the page of quiet windows asks the server for. */
import type { QuietView } from '../../core/quiet-view.ts';
import { address, ask } from '../api.ts';

const TIMEOUT_MS = 15_000;

export interface QuietAsked {
  readonly of: readonly string[];
  readonly hours: number;
  readonly night: boolean;
}

const queryOf = ({ of, hours, night }: QuietAsked) => ({ of, hours, night: String(night) });

export const quiet = {
  find: (asked: QuietAsked, signal: AbortSignal) => ask<QuietView>('GET', address('quiet', queryOf(asked)), TIMEOUT_MS, signal),
  calendar: (asked: QuietAsked, start: number) => address('quiet.ics', { ...queryOf(asked), start }).href,
};
