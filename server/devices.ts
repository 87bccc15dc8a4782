/** Finding devices and instances by what people write, and how they fare. */
import type { Device } from '../core/model.ts';
import type { Catalog, CollectorControl } from '../core/ports.ts';
import { summaryOf } from './instance-summary.ts';
import { conflict, HttpProblem, notFound, quoted } from './problem.ts';
import { deviceView } from './views.ts';

interface Deps {
  readonly catalog: Catalog;
  readonly collector: CollectorControl | null;
}

/** The device with this id or name, or a refusal. */
export async function deviceBy(catalog: Catalog, idOrName: string): Promise<Device> {
  const devices = await catalog.devices.list();
  const device = devices.find((d) => d.id === idOrName) ?? devices.find((d) => d.name === idOrName);
  if (!device) throw notFound(`There is no device ${quoted(idOrName)}.`);
  return device;
}

export function nameIsTaken(name: string): HttpProblem {
  const detail = `A device named ${quoted(name)} exists already: choose another name.`;
  return new HttpProblem(409, detail, [{ path: 'name', message: detail }]);
}

/** Refuses to change what is owned elsewhere. */
export function changeable(device: Device): void {
  if (device.origin === 'config') {
    throw conflict(`${quoted(device.name)} comes from the configuration file: change it there and reload.`);
  }
  if (device.origin === 'self')
    throw conflict(`${quoted(device.name)} is this machine itself: it can be changed in the configuration file only.`);
}

export async function viewOf(deps: Deps, device: Device) {
  const summary = summaryOf(await deps.catalog.instances.list(device.id));
  return deviceView(device, deps.collector?.deviceStatus(device.id) ?? null, summary);
}

/** How many devices are in each state; states without a device are 0. Looks at none of them one by one. */
export async function devicesByState({ catalog, collector }: Deps): Promise<Record<string, number>> {
  const { all, unasked } = await catalog.devices.count();
  const states = collector?.status().states ?? {};
  const known = Object.values(states).reduce((sum, n) => sum + n, 0);
  return {
    up: states.up ?? 0,
    down: states.down ?? 0,
    stale: states.stale ?? 0,
    // What the collector has not taken up yet was not asked yet.
    new: (states.new ?? 0) + Math.max(0, all - unasked - known),
    'not polled': unasked,
  };
}
