/** Times in an imported file: Unix seconds, or ISO 8601; without an offset they are UTC. */
import { quoted } from './problem.ts';

const SECONDS = /^\d{1,10}(?:\.\d{1,9})?$/;
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/i;
/** Year 2200: later times are mistakes, and no chunk should begin there. */
const LATEST_MS = Date.UTC(2200, 0, 1);

/** UTC milliseconds, or what is wrong in one sentence. */
export function importTimeMs(text: string): number | { readonly wrong: string } {
  const tMs = SECONDS.test(text) ? Math.round(Number(text) * 1000) : isoMs(text);
  if (tMs === null) {
    if (text === '') return { wrong: 'the time is missing.' };
    const hint = /^\d{12,14}$/.test(text)
      ? 'these look like milliseconds, give seconds'
      : 'give Unix seconds or ISO 8601 such as 2026-03-05T14:00:00Z';
    return { wrong: `${quoted(text)} is not a time: ${hint}.` };
  }
  if (tMs <= 0 || tMs > LATEST_MS) return { wrong: `the time ${quoted(text)} is outside 1970 to 2200.` };
  return tMs;
}

function isoMs(text: string): number | null {
  const match = ISO.exec(text);
  if (!match) return null;
  const [, year, month, day, hour = '00', minute = '00', , offset = 'Z'] = match;
  // The parser would turn 31 February into March.
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > daysInMonth || Number(hour) > 23) return null;
  const seconds = /:\d{2}:(\d{2}(?:\.\d+)?)/.exec(text)?.[1] ?? '00';
  const zone = offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset.toUpperCase();
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${seconds}${zone}`);
  return Number.isNaN(ms) ? null : ms;
}
