/** The source "local": this machine, by the operating system's own figures, without an agent. */
import os from 'node:os';
import type { Plan, PollOutcome, Readings } from '../../core/readings.ts';
import { ABSENT, COUNTER64, GAUGE } from '../../core/readings.ts';
import type { Asking, Source } from '../source.ts';
import { createDiskReader } from './disks.ts';
import type { Look } from './figures.ts';
import { createLinuxReader } from './linux.ts';
import { portableLook } from './portable.ts';

const LINUX_COVERS = ['interface', 'disk', 'cpu', 'memory', 'load', 'system'];
const OTHERS_COVER = ['cpu', 'memory', 'load', 'system'];

export interface LocalOptions {
  /** Folder that holds proc/ and sys/; '' is this machine. */
  readonly root?: string;
  readonly platform?: NodeJS.Platform;
}

/** @returns a source for devices with the spec `{ type: 'local' }`; the address is not looked at */
export function createLocalSource(options: LocalOptions = {}): Source {
  const linux = (options.platform ?? process.platform) === 'linux' ? createLinuxReader(options.root) : null;
  const disks = createDiskReader();
  const take = async (asking: Asking): Promise<Look> => (linux ? linux.look(asking, disks) : portableLook(asking));

  return {
    type: 'local',
    async discover(_target, asking) {
      const look = await take(asking);
      return {
        ok: true,
        facts: {
          sysName: os.hostname(),
          sysDescr: `${os.type()} ${os.release()} ${os.machine()}`,
          sysObjectId: '',
          sysLocation: '',
          sysContact: '',
        },
        instances: look.instances,
        columns: look.figures.map((figure) => figure.column),
        covers: linux ? LINUX_COVERS : OTHERS_COVER,
        notes: look.notes,
        route: null,
      };
    },
    async poll(_target, plan, asking) {
      return layOut(plan, await take(asking));
    },
    close: () => Promise.resolve(),
  };
}

function id(column: { readonly key: string; readonly metric: string }): string {
  return `${column.metric} ${column.key}`;
}

function layOut(plan: Plan, look: Look): PollOutcome {
  const figures = new Map(look.figures.map((figure) => [id(figure.column), figure]));
  const size = plan.columns.length;
  const readings: Readings = {
    ok: true,
    moment: look.moment,
    state: new Uint8Array(size),
    gauge: new Float64Array(size),
    counter: new BigUint64Array(size),
    maxPerS: new Float64Array(size).fill(NaN),
    doubts: new Map(),
    discontinuity: null,
    stalePlan: differs(plan, look),
    partial: false,
  };
  plan.columns.forEach((column, i) => {
    const figure = figures.get(id(column));
    const value = figure?.value ?? null;
    readings.state[i] = value === null ? ABSENT : typeof value === 'bigint' ? COUNTER64 : GAUGE;
    if (figure === undefined || value === null) return;
    if (typeof value === 'bigint') readings.counter[i] = value;
    else readings.gauge[i] = value;
    if (readings.maxPerS) readings.maxPerS[i] = figure.maxPerS;
  });
  return readings;
}

/** Something came that the plan does not know, changed its capacity or went: ports, disks, processors. */
function differs(plan: Plan, look: Look): boolean {
  const known = new Set(plan.columns.map(id));
  if (look.figures.some((figure) => !known.has(id(figure.column)))) return true;
  if (look.instances.length !== plan.instances.length) return true;
  const scales = new Map(plan.columns.map((column) => [id(column), column.scale]));
  return look.figures.some((figure) => scales.get(id(figure.column)) !== figure.column.scale);
}
