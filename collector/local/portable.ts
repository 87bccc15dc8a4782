/** One look at a machine that is not Linux: what Node itself can tell. */
import os from 'node:os';
import type { Asking } from '../source.ts';
import { createLook, type Look } from './figures.ts';

export function portableLook(asking: Asking): Look {
  const look = createLook();
  const cpus = os.cpus();
  const sum = (part: (times: os.CpuInfo['times']) => number) =>
    BigInt(Math.round(cpus.reduce((total, cpu) => total + part(cpu.times), 0)));
  const moment = {
    tMs: asking.clock.nowMs(),
    monoMs: asking.clock.monoMs(),
    epoch: asking.epoch,
    upTicks: Math.round(os.uptime() * 100) % 2 ** 32,
    engineTimeS: null,
    engineBoots: null,
  };
  if (cpus.length > 0) {
    const msPerS = 1000 * cpus.length;
    const cpu = look.instance({ kind: 'cpu' });
    cpu.counter(
      'used_ratio',
      'ratio',
      sum((t) => t.user + t.nice + t.sys + t.irq),
      1 / msPerS,
      msPerS,
    );
    cpu.counter(
      'user_ratio',
      'ratio',
      sum((t) => t.user + t.nice),
      1 / msPerS,
      msPerS,
    );
    cpu.counter(
      'system_ratio',
      'ratio',
      sum((t) => t.sys + t.irq),
      1 / msPerS,
      msPerS,
    );
  }
  if (process.platform !== 'win32') {
    const [one = NaN, five = NaN, fifteen = NaN] = os.loadavg();
    const load = look.instance({ kind: 'load' });
    load.gauge('one', '1', one);
    load.gauge('five', '1', five);
    load.gauge('fifteen', '1', fifteen);
  }
  const memory = look.instance({ kind: 'memory', capacity: os.totalmem() });
  memory.gauge('used_bytes', 'bytes', os.totalmem() - os.freemem());
  memory.gauge('size_bytes', 'bytes', os.totalmem());
  look.instance({ kind: 'system' }).gauge('uptime_s', 's', os.uptime());
  look.notes.push(`On ${os.type()} only load, memory and processor time are known without SNMP; run snmpd for the rest.`);
  return { moment, instances: look.instances, figures: look.figures, notes: look.notes };
}
