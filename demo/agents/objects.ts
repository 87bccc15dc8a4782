/** What the agent of a simulated device says: its parts as SNMP objects, worth what their curves say now. */
import type { DemoDevice, DemoFleet } from '../fleet.ts';
import { curveFor } from '../history.ts';
import { KIB, TIB, type DemoPart } from '../parts.ts';
import type { Curve } from '../shape.ts';
import type { AgentValue } from './ber.ts';
import type { AgentObjects } from './scripted-agent.ts';

const SYSTEM = '1.3.6.1.2.1.1';
const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const STORAGE = '1.3.6.1.2.1.25.2.3.1';
const FIXED_DISK = '1.3.6.1.2.1.25.2.1.4';
const UCD = '1.3.6.1.4.1.2021';
/** Processor times count in hundredths of a second, of all processors together. */
const TICKS_PER_S = 100;
const PROCESSORS = 4;
const TWO32 = 2 ** 32;
/** Sizes are told in blocks, and as many of them as fit into 31 bits. */
const BLOCK = 4 * KIB;
const LARGE_BLOCK = 64 * KIB;
const LARGE = 4 * TIB;

export interface AgentTime {
  /** UTC milliseconds. */
  readonly nowMs: () => number;
  /** When the device last started. */
  readonly bootMs: () => number;
}

type Objects = Map<string, AgentValue | (() => AgentValue)>;

/** The objects of a device; every answer is worked out at the moment it is asked for. */
export function demoObjects(fleet: DemoFleet, device: DemoDevice, time: AgentTime): AgentObjects {
  const objects: Objects = new Map();
  const text = (oid: string, value: string) => objects.set(oid, { type: 'string', value });
  const whole = (oid: string, value: () => number) => objects.set(oid, () => ({ type: 'integer', value: Math.round(value()) }));
  const { nowMs, bootMs } = time;
  text(`${SYSTEM}.1.0`, device.sysDescr);
  objects.set(`${SYSTEM}.2.0`, { type: 'oid', value: device.sysObjectId });
  objects.set(`${SYSTEM}.3.0`, () => ({ type: 'timeticks', value: Math.floor((nowMs() - bootMs()) / 10) % TWO32 }));
  text(`${SYSTEM}.4.0`, 'admins@example.org');
  text(`${SYSTEM}.5.0`, device.name);
  text(`${SYSTEM}.6.0`, device.site);

  const curves = (part: DemoPart) => {
    const found = new Map(part.series.map((series) => [series.metric as string, curveFor(fleet, device, part, series)]));
    return (metric: string) => found.get(metric) ?? null;
  };
  let ports = 0;
  let disks = 0;
  for (const part of device.parts) {
    if (part.goneMs !== null) {
      // Ports after it keep their number.
      if (part.kind === 'interface') ports++;
      continue;
    }
    const curve = curves(part);
    const now = (metric: string) => () => curve(metric)?.at(nowMs()) ?? 0;
    switch (part.kind) {
      case 'interface':
        addPort(objects, part, ++ports, curve, time);
        break;
      case 'disk': {
        const index = 31 + disks++;
        const block = (part.capacity ?? 0) > LARGE ? LARGE_BLOCK : BLOCK;
        objects.set(`${STORAGE}.2.${index}`, { type: 'oid', value: FIXED_DISK });
        text(`${STORAGE}.3.${index}`, part.key);
        whole(`${STORAGE}.4.${index}`, () => block);
        whole(`${STORAGE}.5.${index}`, () => now('disk.size_bytes')() / block);
        whole(`${STORAGE}.6.${index}`, () => now('disk.used_bytes')() / block);
        break;
      }
      case 'load':
        ['load.one', 'load.five', 'load.fifteen'].forEach((metric, i) =>
          whole(`${UCD}.10.1.5.${i + 1}`, () => 100 * now(metric)()),
        );
        break;
      case 'cpu':
        whole(`${UCD}.11.67.0`, () => PROCESSORS);
        for (const [object, metric] of [
          [50, 'cpu.user_ratio'],
          [52, 'cpu.system_ratio'],
          [54, 'cpu.iowait_ratio'],
        ] as const) {
          const ticks = () => (curve(metric)?.total(bootMs(), nowMs()) ?? 0) * TICKS_PER_S * PROCESSORS;
          objects.set(`${UCD}.11.${object}.0`, () => ({ type: 'counter32', value: Math.floor(ticks()) % TWO32 }));
        }
        break;
      case 'memory': {
        const [size, used, cached] = [now('memory.size_bytes'), now('memory.used_bytes'), now('memory.cached_bytes')];
        whole(`${UCD}.4.5.0`, () => size() / KIB);
        whole(`${UCD}.4.6.0`, () => (size() - used() - cached()) / KIB);
        whole(`${UCD}.4.15.0`, () => cached() / KIB);
        break;
      }
      case 'system':
        break;
    }
  }
  return objects;
}

function addPort(
  objects: Objects,
  part: DemoPart,
  index: number,
  curve: (metric: string) => Curve | null,
  { nowMs, bootMs }: AgentTime,
): void {
  const counted = (metric: string, per: number) => () => BigInt(Math.floor((curve(metric)?.total(bootMs(), nowMs()) ?? 0) / per));
  const text = (oid: string, value: string) => objects.set(oid, { type: 'string', value });
  text(`${IF}.2.${index}`, part.key);
  text(`${IFX}.1.${index}`, part.key);
  text(`${IFX}.18.${index}`, part.alias);
  objects.set(`${IFX}.15.${index}`, { type: 'gauge32', value: (part.capacity ?? 0) / 1e6 });
  const [inOctets, outOctets] = [counted('interface.in_bps', 8), counted('interface.out_bps', 8)];
  objects.set(`${IFX}.6.${index}`, () => ({ type: 'counter64', value: inOctets() }));
  objects.set(`${IFX}.10.${index}`, () => ({ type: 'counter64', value: outOctets() }));
  if (curve('interface.in_errors_per_s')) {
    const errors = counted('interface.in_errors_per_s', 1);
    objects.set(`${IF}.14.${index}`, () => ({ type: 'counter32', value: errors() % BigInt(TWO32) }));
  }
  if (curve('interface.oper_up')) objects.set(`${IF}.8.${index}`, { type: 'integer', value: 1 });
}
