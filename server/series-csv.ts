/** Series as CSV. Readings come in the columns that `import` takes, bins with three more. */
import type { SeriesData } from '../core/api.ts';
import { csvCell } from '../core/text.ts';
import type { NamedSeries } from './views.ts';

/** Lines put together before they are handed on. */
const CHUNK_LINES = 1000;

export const csvHeader = (raw: boolean): string => `device,instance,metric,unit,time,value${raw ? '' : ',min,max,known'}\n`;

/** The lines of one series, many at a time; names are never formulas, unknown values are empty. */
export function* csvLines(series: NamedSeries, data: SeriesData): Generator<string> {
  const head = [series.device.name, series.instance.name, series.metric, data.unit].map(csvCell).join(',');
  for (let start = 0; start < data.bins.length; start += CHUNK_LINES) {
    let chunk = '';
    for (const { t, mean, min, max, known } of data.bins.slice(start, start + CHUNK_LINES)) {
      const tail = data.tier === 'raw' ? '' : `,${csvCell(min)},${csvCell(max)},${csvCell(known)}`;
      chunk += `${head},${new Date(t * 1000).toISOString()},${csvCell(mean)}${tail}\n`;
    }
    yield chunk;
  }
}
