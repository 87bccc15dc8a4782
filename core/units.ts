/**
 * How numbers are shown: rates in SI (Mb/s), storage in IEC (GiB), three significant
 * figures, thin-spaced thousands, a space before the unit.
 */
import type { Unit } from './model.ts';

/** A number and its unit, apart, so that a table can put the unit in its head. */
export interface Shown {
  readonly text: string;
  readonly unit: string;
}

/** One prefix for a whole axis or column: shown number = value / divisor. */
export interface Scale {
  readonly divisor: number;
  /** With the unit: "Gb/s", "GiB", "%", "" for plain numbers. */
  readonly unit: string;
}

const SI = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const IEC = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const THIN_SPACE = '\u2009';
const MINUS = '\u2212';

/** The scale that shows maxAbs with one to three digits before the point. */
export function scaleFor(maxAbs: number, unit: Unit): Scale {
  const size = Number.isFinite(maxAbs) ? Math.abs(maxAbs) : 0;
  switch (unit) {
    case 'bps': {
      const { divisor, prefix } = si(size);
      return { divisor, unit: `${prefix}b/s` };
    }
    case 'per_s': {
      const { divisor, prefix } = si(size);
      return { divisor, unit: `${prefix}/s` };
    }
    case 'bytes': {
      const power = size < 1024 ? 0 : Math.min(IEC.length - 1, Math.floor(Math.log2(size) / 10));
      return { divisor: 1024 ** power, unit: IEC[power] ?? 'B' };
    }
    case 'ratio':
      return { divisor: 0.01, unit: '%' };
    case 's':
      if (size >= 2 * 86_400) return { divisor: 86_400, unit: 'd' };
      if (size >= 2 * 3_600) return { divisor: 3_600, unit: 'h' };
      if (size >= 120) return { divisor: 60, unit: 'min' };
      return { divisor: 1, unit: 's' };
    case 'ms':
      return size >= 2_000 ? { divisor: 1_000, unit: 's' } : { divisor: 1, unit: 'ms' };
    case '1': {
      const { divisor, prefix } = size < 10_000 ? { divisor: 1, prefix: '' } : si(size);
      return { divisor, unit: prefix };
    }
  }
}

function si(size: number): { divisor: number; prefix: string } {
  const power = size < 1000 ? 0 : Math.min(SI.length - 1, Math.floor(Math.log10(size) / 3));
  // 999.96 k would read "1000 k".
  const rounded = Number((size / 1000 ** power).toPrecision(3)) >= 1000 && power < SI.length - 1 ? power + 1 : power;
  return { divisor: 1000 ** rounded, prefix: SI[rounded] ?? '' };
}

/** A value with a unit of its own: {text: '6.02', unit: 'Gb/s'}; null and NaN are '–'. */
export function formatValue(value: number | null, unit: Unit): Shown {
  if (value === null || Number.isNaN(value)) return { text: '–', unit: '' };
  const scale = scaleFor(value, unit);
  return { text: formatNumber(value / scale.divisor), unit: scale.unit };
}

/** '6.02 Gb/s'; '–' for unknown. */
export function formatWith(value: number | null, unit: Unit): string {
  const shown = formatValue(value, unit);
  return shown.unit === '' ? shown.text : `${shown.text} ${shown.unit}`;
}

/** A size that someone chose, without zeros that only pad: '10 Gb/s', '32 GiB', '2.5 Gb/s'. */
export function formatCapacity(value: number, unit: Unit): string {
  return formatWith(value, unit)
    .replace(/(\.\d*?)0+(?= |$)/, '$1')
    .replace(/\.(?= |$)/, '');
}

/** The value under a given scale, without the unit. */
export function formatScaled(value: number | null, scale: Scale): string {
  return value === null || Number.isNaN(value) ? '–' : formatNumber(value / scale.divisor);
}

/** Three significant figures, whole above 1000 with thin spaces: 6.02, 41.3, 186, 1 286. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  let text: string;
  if (size === 0) text = '0';
  else if (size >= 999.5) text = String(Math.round(size)).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
  else if (size < 0.001) text = size.toExponential(1);
  else text = size.toPrecision(3);
  return value < 0 ? MINUS + text : text;
}

/** A duration in words people use: '40 s', '12 min', '6 h 15 min', '3 d 4 h', '212 d'. */
export function formatDuration(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 120) return `${s} s`;
  const min = Math.round(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 === 0 ? `${h} h` : `${h} h ${min % 60} min`;
  const d = Math.floor(h / 24);
  return d < 14 && h % 24 !== 0 ? `${d} d ${h % 24} h` : `${d} d`;
}
