/**
 * Lets what was written be read. A server shows rows within a second, a series that has just begun within
 * ten. Nobody who draws the present minds, but who writes old time reads it at once, to go on from it; and what
 * is not shown yet is not deleted either.
 */
import { TIER_STEP_MS, type Tier } from '../../core/model.ts';
import type { Clock } from '../../core/ports.ts';
import type { Parcel } from '../server/port.ts';
import type { Asking } from './asking.ts';

export interface Settling {
  /** A parcel has arrived. */
  sent(parcel: Parcel): void;
  /** Before a read: waits if rows of old time are on their way to being seen. */
  beforeRead(): Promise<void>;
  /** Before a removal: waits if anything is. */
  beforeRemoval(): Promise<void>;
}

export interface SettlingOptions {
  readonly asking: Asking;
  /** Servers that are read from, each once. */
  readonly readUrls: readonly string[];
  readonly clock: Pick<Clock, 'nowMs' | 'monoMs'> & Partial<Pick<Clock, 'sleep'>>;
}

const HOUR_MS = 3_600_000;
/** After so long everything is seen without our doing. */
const SEEN_MS = 12_000;
/** Rows of series that are known already are seen by then; a cluster offers no way to hasten it. */
const WAIT_MS = 2_000;

export function createSettling({ asking, readUrls, clock }: SettlingOptions): Settling {
  const urls = [...new Set(readUrls)];
  /** When something was sent last that is perhaps not seen, on the monotonic clock. */
  let [oldAtMs, anyAtMs] = [-Infinity, -Infinity];
  let under: Promise<void> | null = null;

  /** A single node shows everything on request; where that is not offered there is only waiting. */
  const show = async (sinceMs: number) => {
    let all = true;
    for (const url of urls) {
      if (url.includes('/select/')) all = false;
      else await asking.text(`${url}/internal/force_flush`).catch(() => (all = false));
    }
    const leftMs = sinceMs + WAIT_MS - clock.monoMs();
    if (!all && leftMs > 0) await clock.sleep?.(leftMs);
  };
  const settle = async (sinceMs: number) => {
    if (clock.monoMs() > sinceMs + SEEN_MS) return;
    under ??= show(sinceMs).finally(() => (under = null));
    await under;
    // What was sent meanwhile is waited for by whoever reads next.
    if (oldAtMs <= sinceMs) oldAtMs = -Infinity;
    if (anyAtMs <= sinceMs) anyAtMs = -Infinity;
  };
  return {
    sent(parcel) {
      anyAtMs = clock.monoMs();
      if (isOld(parcel, clock.nowMs())) oldAtMs = anyAtMs;
    },
    beforeRead: () => settle(oldAtMs),
    beforeRemoval: () => settle(anyAtMs),
  };
}

/** Whether its first or last row is of a time that rows do not come from while devices are polled. */
function isOld({ tier, text }: Parcel, nowMs: number): boolean {
  const edgeMs = nowMs - HOUR_MS - 2 * stepOf(tier);
  const last = text.lastIndexOf('\n');
  const first = text.indexOf('\n');
  return [first < 0 ? text : text.slice(0, first), text.slice(last + 1)].some((line) => timeOf(line) < edgeMs);
}

const stepOf = (tier: Tier) => (tier === 'raw' ? 0 : TIER_STEP_MS[tier]);
const timeOf = (line: string) => Number(line.slice(line.lastIndexOf(' ') + 1));
