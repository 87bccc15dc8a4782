/** Text that came from outside (device names, aliases, descriptions) made safe to look at. */

/** Longest name kept from a device; the rest is cut and marked. */
export const TEXT_MAX = 255;

// C0, C1, soft hyphen, zero-width, bidi controls, line and paragraph separators, BOM, tags, lone surrogates.
const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\ud800-\udfff]/gu;

/** Shows control, zero-width and bidi characters as escapes: a name can neither hide nor reorder text. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A device's octets as text: UTF-8 if valid, otherwise hex as 0x…; capped. */
export function textFromOctets(octets: Uint8Array, max = TEXT_MAX): string {
  // Some agents end their strings with NUL.
  let end = octets.length;
  while (end > 0 && octets[end - 1] === 0) end--;
  const cut = octets.subarray(0, end);
  try {
    return cap(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(cut), max);
  } catch {
    // Not UTF-8: hex is the only form that loses nothing.
    const hex = Array.from(cut.subarray(0, Math.floor(max / 2)), (b) => b.toString(16).padStart(2, '0')).join('');
    return cap(`0x${hex}`, max);
  }
}

/** At most max characters, the cut marked by '…'; never splits a surrogate pair. */
export function cap(text: string, max = TEXT_MAX): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  return (/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut) + '…';
}

/** A cell for CSV: quoted where needed, and never a formula for a spreadsheet. */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The known word nearest to a mistyped one, null when none is near (Damerau–Levenshtein ≤ a third of its length). */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
  return best;
}

/** Optimal string alignment distance: edits and swaps of neighbours. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 40 || a.length > 80 || b.length > 80) return Infinity;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let d = Math.min((rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (rows[i - 1]?.[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(d);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? Infinity;
}
