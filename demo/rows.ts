/** The past of the fleet as text in the import's format, in portions that a pipe likes. */
import type { DemoDevice, DemoFleet } from './fleet.ts';
import { demoHistory, gapAt, type Section } from './history.ts';

export const HEADING = 'device,instance,metric,unit,time,value,note\n';
const PORTION_CHARACTERS = 256 * 1024;

/** Rows of some devices, heading included; how many rows each portion has comes with it. */
export function* demoRows(
  fleet: DemoFleet,
  devices: readonly DemoDevice[],
  endMs: number,
  sections: readonly Section[],
): Generator<{ readonly text: string; readonly rows: number }> {
  const byName = new Map(devices.map((device) => [device.name, device]));
  let text = HEADING;
  let rows = 0;
  for (const series of demoHistory(fleet, endMs, sections, devices)) {
    const head = `${series.device},${series.instance},${series.metric},${series.unit},`;
    const device = byName.get(series.device);
    const { tMs, value } = series;
    for (let i = 0; i < tMs.length; i++) {
      const t = tMs[i] ?? 0;
      const v = value[i] ?? NaN;
      const known = !Number.isNaN(v);
      const note = known || !device ? '' : (gapAt(device, t, t - (tMs[i - 1] ?? t - 1))?.text ?? '');
      text += `${head}${t / 1000},${known ? v : ''},${note}\n`;
      rows++;
      if (text.length >= PORTION_CHARACTERS) {
        yield { text, rows };
        [text, rows] = ['', 0];
      }
    }
  }
  if (rows > 0) yield { text, rows };
}
