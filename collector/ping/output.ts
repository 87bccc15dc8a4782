/** What may be given to `ping`, and what it says. Pure. */
import { isIP } from 'node:net';

export interface PingResult {
  readonly ok: true;
  /** 0–1, exact for the packets sent. */
  readonly lossRatio: number;
  /** Mean round trip, null when nothing came back. */
  readonly rttMs: number | null;
}

const LABEL = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** An IP address (with zone) or a host name; nothing a program could take for an option. */
export function isTarget(text: string): boolean {
  if (text.length > 253) return false;
  const zone = /^([^%]+)%([A-Za-z0-9._-]{1,15})$/.exec(text);
  if (zone) return isIP(zone[1] ?? '') === 6;
  if (isIP(text) !== 0) return true;
  return text
    .replace(/\.$/, '')
    .split('.')
    .every((label) => LABEL.test(label));
}

/** The summary of iputils, BusyBox, BSD and macOS; null when there is none or nothing was sent. */
export function parsePing(stdout: string): PingResult | null {
  const counts = /^(\d+) packets transmitted, (\d+) (?:packets )?received/m.exec(stdout);
  const sent = Number(counts?.[1] ?? 0);
  const received = Number(counts?.[2] ?? NaN);
  if (sent === 0 || Number.isNaN(received)) return null;
  const rtt = /^(?:rtt|round-trip) min\/avg\/max(?:\/\S+)? = [\d.]+\/([\d.]+)\//m.exec(stdout)?.[1];
  // Duplicates can make more answers than questions.
  return {
    ok: true,
    lossRatio: Math.max(0, 1 - received / sent),
    rttMs: rtt === undefined || received === 0 ? null : Number(rtt),
  };
}
