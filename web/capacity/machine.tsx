/** A machine that moves: which one, here or away, when; and what it does at the other end. */
import type { ComponentChildren } from 'preact';
import type { DeviceView } from '../../core/api.ts';
import type { CapacityRow } from '../../core/capacity.ts';
import { AS_IS, scenarioText, type Scenario } from '../../core/what-if.ts';
import { go } from '../live.ts';
import type { Route } from '../route.ts';
import { withRow, withScenarios } from './asked.ts';
import { Pair } from './pair.tsx';
import type { ScenarioFields } from './scenario-form.ts';

export const MACHINES_LIST = 'machines';
/** Proposed at once; who goes on typing finds the others. */
const PROPOSED = 20;

interface MachineProps {
  readonly fields: ScenarioFields;
  readonly row: CapacityRow;
  readonly devices: readonly DeviceView[];
  readonly onWay: (way: ScenarioFields['machineWay']) => void;
  readonly name: ComponentChildren;
  readonly day: ComponentChildren;
  /** What it does there; empty until it is known which one moves. */
  readonly otherEnd: ComponentChildren;
}

export function Machine({ fields: { machine, machineWay }, row, devices, onWay, name, day, otherEnd }: MachineProps) {
  const wanted = machine.trim().toLowerCase();
  const proposed = devices.filter((one) => one.id !== row.device && one.name.toLowerCase().includes(wanted)).slice(0, PROPOSED);
  return (
    <>
      <Pair title="Move a machine, with what it uses and will use">
        {name}
        <select
          aria-label="Where the machine moves"
          value={machineWay}
          onChange={(event) => onWay(event.currentTarget.value === 'away' ? 'away' : 'here')}
        >
          <option value="here">comes here</option>
          <option value="away">leaves</option>
        </select>
        {day}
        {otherEnd}
      </Pair>
      <datalist id={MACHINES_LIST}>
        {proposed.map((one) => (
          <option key={one.id} value={one.name} />
        ))}
      </datalist>
    </>
  );
}

interface OtherEndProps {
  readonly route: Route;
  readonly row: CapacityRow;
  readonly rows: readonly CapacityRow[];
  readonly machine: NonNullable<Scenario['machine']>;
}

/** What comes here leaves another place, and the other way round: that place under the same move. */
export function OtherEnd({ route, row, rows, machine }: OtherEndProps) {
  const others = rows.filter(
    ({ series, device, metric }) => series !== row.series && metric === row.metric && device !== machine.device,
  );
  if (others.length === 0) return null;
  const open = (series: string) =>
    go(
      withScenarios(withRow(route, series), [scenarioText({ ...AS_IS, machine: { ...machine, away: !machine.away } }, row.unit)]),
      false,
    );
  return (
    <select
      aria-label={machine.away ? 'Where it goes to' : 'Where it comes from'}
      value=""
      onChange={(event) => open(event.currentTarget.value)}
    >
      <option value="" disabled>
        {machine.away ? 'goes to …' : 'comes from …'}
      </option>
      {others.map(({ series, deviceName, name }) => (
        <option key={series} value={series}>
          {deviceName} {name}
        </option>
      ))}
    </select>
  );
}
