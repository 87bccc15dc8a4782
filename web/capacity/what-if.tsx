/** What if: the fields of a scenario, the answers of up to three of them in words. */
import type { DeviceView } from '../../core/api.ts';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { CapacityRow } from '../../core/capacity.ts';
import { SCENARIOS_MAX } from '../../core/graph-future.ts';
import type { GraphData } from '../../core/graph.ts';
import { AS_IS, parseScenario, scenarioText } from '../../core/what-if.ts';
import { formatCapacity, formatWith } from '../../core/units.ts';
import { go } from '../live.ts';
import type { Route } from '../route.ts';
import { withScenarios } from './asked.ts';
import { MACHINES_LIST, Machine, OtherEnd } from './machine.tsx';
import { Pair } from './pair.tsx';
import { fieldsOf, machinesOf, scenarioOf, type ScenarioFields } from './scenario-form.ts';

export interface WhatIfProps {
  readonly route: Route;
  readonly row: CapacityRow;
  readonly scenarios: readonly string[];
  /** All that can fill: where a machine may go to, or come from. */
  readonly rows: readonly CapacityRow[];
  readonly devices: readonly DeviceView[];
  readonly data: GraphData | null;
}

export function WhatIf({ route, row, scenarios, rows, devices, data }: WhatIfProps) {
  const machines = useMemo(() => machinesOf(devices), [devices]);
  const [at, setAt] = useState(0);
  const current = Math.min(at, scenarios.length);
  const text = scenarios[current] ?? '';
  const parsed = parseScenario(text);
  const { unit } = row;
  const [fields, setFields] = useState<ScenarioFields>(() => fieldsOf('error' in parsed ? AS_IS : parsed, unit, machines));
  // What was written into the address from here comes back: by then the next field may be half typed. Another scenario is in
  // the fields before the next key, because what is typed sooner would be lost.
  const written = useRef(text);
  useLayoutEffect(() => {
    if (text === written.current) return;
    written.current = text;
    setFields(fieldsOf('error' in parsed ? AS_IS : parsed, unit, machines));
  }, [text]);
  // Machines may become known after the page.
  useEffect(() => setFields((now) => ({ ...now, machine: machines.nameOf(now.machine) })), [machines]);
  const made = scenarioOf(fields, unit, machines);
  const fault = 'error' in made ? made : null;
  const take = (next: ScenarioFields) => {
    setFields(next);
    const scenario = scenarioOf(next, unit, machines);
    if ('error' in scenario) return;
    const texts = [...scenarios];
    written.current = scenarioText(scenario, unit);
    texts[current] = written.current;
    go(withScenarios(route, texts.filter(Boolean)), true);
  };
  const typed = (field: Exclude<keyof ScenarioFields, 'machineWay'>, label: string, placeholder = '', date = false) => {
    const input = {
      'aria-label': label,
      value: fields[field],
      ...(fault?.field === field ? { 'aria-invalid': 'true' as const, 'aria-describedby': 'what-if-fault' } : {}),
      onInput: (event: { readonly currentTarget: HTMLInputElement }) =>
        setFields({ ...fields, [field]: event.currentTarget.value }),
      onChange: (event: { readonly currentTarget: HTMLInputElement }) => take({ ...fields, [field]: event.currentTarget.value }),
    };
    return date ? (
      <input type="date" {...input} />
    ) : (
      <input
        type="text"
        placeholder={placeholder}
        {...(field === 'machine' ? { list: MACHINES_LIST, maxLength: 255, autocomplete: 'off' } : { maxLength: 24 })}
        {...input}
      />
    );
  };
  const growth = Number(fields.growth);
  const monthly = row.growthPerMonth?.middle ?? null;
  const example = unit === 'bytes' ? '12 TiB' : '10 Gb/s';
  return (
    <section class="what-if">
      <header>
        <h2>What if</h2>
        <span class="end">
          {scenarios.length > 0 && (
            <button type="button" class="plain" onClick={() => go(withScenarios(route, []), true)}>
              Reset
            </button>
          )}
        </span>
      </header>
      <div class="seg" role="group" aria-label="Scenario">
        {[...scenarios, ...(scenarios.length < SCENARIOS_MAX ? [''] : [])].map((one, i) => (
          <button type="button" key={i} aria-pressed={i === current} onClick={() => setAt(i)}>
            {one !== '' || scenarios.length === 0 ? `Scenario ${i + 1}` : 'Add one'}
          </button>
        ))}
      </div>
      <div class="form">
        <div>
          <label for="growth">
            <span>Growth</span>
            <output>
              {monthly === null
                ? `× ${growth}`
                : `${monthly * growth > 0 ? '+' : ''}${formatWith(monthly * growth, unit)} a month`}
              {growth === 1 ? ', as now' : ''}
            </output>
          </label>
          <input
            id="growth"
            type="range"
            min="0"
            max="3"
            step="0.1"
            value={fields.growth}
            onInput={(event) => setFields({ ...fields, growth: event.currentTarget.value })}
            onChange={(event) => take({ ...fields, growth: event.currentTarget.value })}
          />
        </div>
        <Pair title="Add capacity">
          {typed('add', 'Capacity to add', example)}
          {typed('addAt', 'From which day', '', true)}
        </Pair>
        <Machine
          fields={fields}
          row={row}
          devices={devices}
          onWay={(machineWay) => take({ ...fields, machineWay })}
          name={typed('machine', 'Machine that moves', 'Name')}
          day={typed('machineAt', 'On which day it moves', '', true)}
          otherEnd={!('error' in made) && made.machine && <OtherEnd route={route} row={row} rows={rows} machine={made.machine} />}
        />
        <Pair title="One-off load (gone: −)">
          {typed('load', 'Load that comes at once', `−${unit === 'bytes' ? '500 GiB' : '200 Mb/s'}`)}
          {typed('loadAt', 'On which day', '', true)}
        </Pair>
        <Pair title="Customers now, and more of them">
          {typed('customers', 'Customers now', '800')}
          {typed('more', 'More customers', '+ 200')}
        </Pair>
        <div class="pair">
          <label>
            <span>Limit, % of {row.limit === null ? 'size' : formatCapacity(row.limit, unit)}</span>
            {typed('limit', 'Limit in percent', '100')}
          </label>
          <label>
            <span>Delivery takes, days</span>
            {typed('leadDays', 'Delivery time in days', String(row.leadDays))}
          </label>
        </div>
        <p class="bad s" id="what-if-fault" role="alert">
          {fault?.error ?? ('error' in parsed ? parsed.error : '')}
        </p>
        <div aria-live="polite">
          {data?.future?.scenarios.map(({ key, label, role, says }) => {
            const [figure = '', ...rest] = says.split('. ');
            return (
              <div class="answer" key={key}>
                <div class="s sec">
                  <span class={`k line c-${role}`}>
                    <span>{label.charAt(0).toUpperCase() + label.slice(1)}</span>
                  </span>
                </div>
                <div class="fig">{figure}</div>
                <div class="sec">{rest.join('. ')}</div>
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}
