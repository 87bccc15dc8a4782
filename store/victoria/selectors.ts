/** Series as selectors of the server's query language, a few series or thousands, none longer than a server takes. */
import { splitSeriesKey, type MetricName, type SeriesKey } from '../../core/model.ts';

/** Of one selector; a server refuses queries of more than 16 KiB (-search.maxQueryLen). */
const LONGEST = 8_000;

/** Series of one device, or of some, that have the same metrics. */
interface Block {
  readonly names: readonly string[];
  readonly devices: string[];
  readonly instances: string[];
  length: number;
}

/**
 * Selectors that choose all names of these series. One may choose more than was asked for where devices or
 * instances are named together: whoever reads the answers takes what is his.
 * @param names what a metric is called; several where it is kept as several
 * @param together several devices in one selector
 */
export function selectorsOf(
  series: readonly SeriesKey[],
  names: (metric: MetricName) => readonly string[],
  together: boolean,
): string[] {
  const blocks: Block[] = [];
  const open = new Map<string, Block>();
  for (const [device, instances] of byDevice(series)) {
    for (const [metrics, ids] of byMetrics(instances)) {
      const found = metrics.split(' ').flatMap((metric) => names(metric as MetricName));
      for (const id of ids) {
        const slot = together ? metrics : `${device} ${metrics}`;
        let block = open.get(slot);
        if (!block || block.length + id.length + device.length > LONGEST) {
          block = { names: found, devices: [], instances: [], length: found.join('|').length };
          open.set(slot, block);
          blocks.push(block);
        }
        if (block.devices.at(-1) !== device) {
          block.devices.push(device);
          block.length += device.length + 2;
        }
        block.instances.push(id);
        block.length += id.length + 2;
      }
    }
  }
  return blocks.map(({ names: of, devices, instances }) =>
    selector([
      ['__name__', of],
      ['device', devices],
      ['instance', [...new Set(instances)]],
    ]),
  );
}

/** `{label=~"one|another",…}` for labels with the values each may have. */
export function selector(labels: readonly (readonly [label: string, values: readonly string[]])[]): string {
  return `{${labels.map(([label, values]) => matcher(label, values)).join(',')}}`;
}

function matcher(label: string, values: readonly string[]): string {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return `${label}=${quoted(only)}`;
  return `${label}=~${quoted(values.map(escapeRegex).join('|'))}`;
}

export function escapeRegex(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

/** A string of the query language; its escapes are those of JSON. */
export const quoted = (text: string): string => JSON.stringify(text);

function byDevice(series: readonly SeriesKey[]): Map<string, Map<string, MetricName[]>> {
  const devices = new Map<string, Map<string, MetricName[]>>();
  for (const key of series) {
    const { device, instance, metric } = splitSeriesKey(key);
    let instances = devices.get(device);
    if (!instances) devices.set(device, (instances = new Map<string, MetricName[]>()));
    const metrics = instances.get(instance);
    if (!metrics) instances.set(instance, [metric]);
    else if (!metrics.includes(metric)) metrics.push(metric);
  }
  return devices;
}

/** Instances by the metrics that are asked of them, so that nothing comes that nobody asked for. */
function byMetrics(instances: ReadonlyMap<string, readonly MetricName[]>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [instance, metrics] of instances) {
    const slot = metrics.toSorted().join(' ');
    const group = groups.get(slot);
    if (group) group.push(instance);
    else groups.set(slot, [instance]);
  }
  return groups;
}
