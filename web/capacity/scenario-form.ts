/** A scenario as the fields of a form, and back: what is typed, or one sentence on what is wrong with it. */
import type { DeviceView } from '../../core/api.ts';
import { AS_IS, amountWords, parseAmount, parseDay, type Scenario } from '../../core/what-if.ts';
import type { Unit } from '../../core/model.ts';

export interface ScenarioFields {
  /** As many times as now. */
  readonly growth: string;
  readonly add: string;
  readonly addAt: string;
  readonly load: string;
  readonly loadAt: string;
  /** Name of the machine that moves. */
  readonly machine: string;
  readonly machineWay: 'here' | 'away';
  readonly machineAt: string;
  readonly customers: string;
  readonly more: string;
  /** Percent of the size. */
  readonly limit: string;
  readonly leadDays: string;
}

/** Machines by name and by id; names are unique. */
export interface Machines {
  /** The id itself where nothing is known of it. */
  nameOf(id: string): string;
  /** Null: none is called so. */
  idOf(name: string): string | null;
}

export function machinesOf(devices: readonly Pick<DeviceView, 'id' | 'name'>[]): Machines {
  return {
    nameOf: (id) => devices.find((one) => one.id === id)?.name ?? id,
    idOf: (name) => devices.find((one) => one.id === name || one.name.toLowerCase() === name.toLowerCase())?.id ?? null,
  };
}

const dayOf = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? '' : new Date(ms).toISOString().slice(0, 10);

export function fieldsOf(
  { growth, add, load, machine, customers, limit, leadDays }: Scenario,
  unit: Unit,
  machines: Machines,
): ScenarioFields {
  return {
    growth: String(growth ?? 1),
    add: add ? amountWords(add.amount, unit) : '',
    addAt: dayOf(add?.atMs),
    load: load ? amountWords(load.amount, unit) : '',
    loadAt: dayOf(load?.atMs),
    machine: machine ? machines.nameOf(machine.device) : '',
    machineWay: machine?.away ? 'away' : 'here',
    machineAt: dayOf(machine?.atMs),
    customers: customers ? String(customers.now) : '',
    more: customers ? String(customers.more) : '',
    limit: limit === null ? '' : String(Number((limit * 100).toFixed(2))),
    leadDays: leadDays === null ? '' : String(leadDays),
  };
}

export function scenarioOf(
  fields: ScenarioFields,
  unit: Unit,
  machines: Machines,
): Scenario | { readonly error: string; readonly field: keyof ScenarioFields } {
  const example = unit === 'bytes' ? '12 TiB' : '10 Gb/s';
  const day = (field: 'addAt' | 'loadAt' | 'machineAt') => (fields[field].trim() === '' ? null : parseDay(fields[field].trim()));
  const amount = (field: 'add' | 'load') => (fields[field].trim() === '' ? null : parseAmount(fields[field]));
  const wrongDay = (['addAt', 'loadAt', 'machineAt'] as const).find(
    (field) => fields[field].trim() !== '' && day(field) === null,
  );
  if (wrongDay) return { error: `"${fields[wrongDay]}" is no day: write it as 2027-01-15.`, field: wrongDay };
  const wrong = (['add', 'load'] as const).find((field) => fields[field].trim() !== '' && amount(field) === null);
  if (wrong) return { error: `"${fields[wrong]}" is no amount: write it as ${example}.`, field: wrong };
  const [add, load] = [amount('add'), amount('load')];
  if (add !== null && add <= 0) return { error: 'Added capacity is more than nothing.', field: 'add' };
  const machine = fields.machine.trim() === '' ? null : machines.idOf(fields.machine.trim());
  if (fields.machine.trim() !== '' && machine === null)
    return { error: `No machine is called "${fields.machine.trim()}": choose one that is polled.`, field: 'machine' };
  const [now, more] = [Number(fields.customers), Number(fields.more)];
  if (fields.more.trim() !== '' && !(Number.isInteger(now) && now > 0))
    return { error: 'How many customers there are now tells what one needs.', field: 'customers' };
  if (fields.more.trim() !== '' && !(Number.isInteger(more) && more >= 0))
    return { error: `"${fields.more}" is no number of customers.`, field: 'more' };
  const share = fields.limit.trim() === '' ? null : Number(fields.limit.replace('%', '').trim()) / 100;
  if (share !== null && !(share > 0 && share <= 2)) return { error: 'The limit is a share of the size: 90 %.', field: 'limit' };
  const lead = fields.leadDays.trim() === '' ? null : Number(fields.leadDays);
  if (lead !== null && !(Number.isInteger(lead) && lead >= 0 && lead <= 1000))
    return { error: `"${fields.leadDays}" is no number of days.`, field: 'leadDays' };
  const growth = Number(fields.growth);
  return {
    ...AS_IS,
    growth: growth === 1 ? null : growth,
    add: add === null ? null : { amount: add, atMs: day('addAt') },
    load: load === null || load === 0 ? null : { amount: load, atMs: day('loadAt') },
    machine: machine === null ? null : { device: machine, away: fields.machineWay === 'away', atMs: day('machineAt') },
    customers: more > 0 ? { now, more, atMs: null } : null,
    limit: share === 1 ? null : share,
    leadDays: lead,
  };
}
