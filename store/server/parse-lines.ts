/** Lines that `line-protocol.ts` wrote, read back into rows. */
import { seriesKey, type SeriesKey, type Tier } from '../../core/model.ts';
import type { Batch, BinRow, RawRow } from '../../core/ports.ts';
import { BIN_SUFFIXES, fieldOf, GAP, GAP_SUFFIX } from './line-protocol.ts';

/** Nothing tells the interval of a line; it is only a hint to stores. */
const INTERVAL_MS = 60_000;

const VALUE_OF_GAP: Readonly<Record<number, number>> = { [GAP.unknown]: NaN, [GAP.hole]: -Infinity, [GAP.gone]: Infinity };

/** @throws SyntaxError for text that is not ours */
export function parseLines(tier: Tier, text: string): Batch {
  const raw: RawRow[] = [];
  const bins: BinRow[] = [];
  for (const line of text.split('\n')) {
    const [head = '', fields = '', stamp = ''] = cut(line, ' ');
    const [measurement = '', ...tags] = cut(head, ',').map(unescape);
    const tagOf = (name: string) => tags.find((tag) => tag.startsWith(`${name}=`))?.slice(name.length + 1);
    const [device, instance] = [tagOf('device'), tagOf('instance')];
    const tMs = Number(stamp);
    if (device === undefined || instance === undefined || stamp === '' || !Number.isFinite(tMs))
      throw new SyntaxError(`not a line of ours: ${line.slice(0, 200)}`);
    const values = new Map<string, number>();
    for (const field of cut(fields, ',')) {
      const at = field.lastIndexOf('=');
      values.set(unescape(field.slice(0, at)), Number(field.slice(at + 1)));
    }
    const key = (field: string): SeriesKey => seriesKey(device, instance, `${measurement}.${fieldOf(field)}`);
    if (tier === 'raw') {
      const found = rawValues(values);
      const [series, numbers] = [[...found.keys()].map(key), Float64Array.from(found.values())];
      raw.push({ device, tMs, intervalMs: INTERVAL_MS, series, values: numbers });
    } else {
      const names = [...values.keys()].flatMap((name) =>
        name.endsWith(BIN_SUFFIXES.known) ? [name.slice(0, -BIN_SUFFIXES.known.length)] : [],
      );
      const column = (suffix: string) => Float64Array.from(names, (name) => values.get(name + suffix) ?? NaN);
      const { mean, min, max, known } = BIN_SUFFIXES;
      bins.push({
        tier,
        device,
        tMs,
        series: names.map(key),
        mean: column(mean),
        min: column(min),
        max: column(max),
        known: column(known),
      });
    }
  }
  return { raw, bins };
}

/** A gap counts, whatever the field beside it says. */
function rawValues(values: ReadonlyMap<string, number>): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, value] of values) {
    if (!name.endsWith(GAP_SUFFIX)) {
      if (!found.has(name)) found.set(name, value);
      continue;
    }
    const gap = VALUE_OF_GAP[value];
    if (gap !== undefined) found.set(name.slice(0, -GAP_SUFFIX.length), gap);
  }
  return found;
}

/** Parts between separators that are not escaped. */
function cut(text: string, separator: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === separator) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

const unescape = (text: string) => text.replace(/\\([, =])/g, '$1');
