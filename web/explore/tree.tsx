/** Where one picks: what a search found, and all devices by place, kind or tag. */
import { useEffect, useState } from 'preact/hooks';
import type { DeviceView, InstanceView } from '../../core/api.ts';
import type { ExploreSpec } from '../../core/explore.ts';
import type { SearchHit } from '../../core/search.ts';
import { api } from '../api.ts';
import { BRANCHES, isAt, NONE, tree, type Branch, type Node } from '../device/places.ts';
import { go, useLive } from '../live.ts';
import { Trouble } from '../parts.tsx';
import { withMore, type Route } from '../route.ts';
import { count, whole } from '../words.ts';
import { ANYTHING, type Selector } from '../../core/dashboard-select.ts';
import { MEASURES, measuresOf, type Measure, type Scope } from './measures.ts';
import { Picks } from './picks.tsx';

const WORDS: Readonly<Record<Branch, string>> = { site: 'Place', kind: 'Kind', tag: 'Tag' };
/** More of one branch are found by the search. */
const DEVICES_SHOWN = 100;
const INSTANCES_SHOWN = 100;
/** No selector knows the kind of a device: so many are named one by one. */
const NAMED_MAX = 16;
const REST_MS = 150;

export interface TreeProps {
  readonly route: Route;
  readonly spec: ExploreSpec;
  readonly devices: readonly DeviceView[];
  readonly onChange: (spec: ExploreSpec) => void;
}

export function ExploreTree(props: TreeProps) {
  const { route, devices } = props;
  const find = route.more['find'] ?? '';
  const by = BRANCHES.find((branch) => branch === route.more['by']) ?? 'site';
  const set = (changes: Record<string, string>) => go(withMore(route, changes), true);
  return (
    <section class="explore-tree" aria-label="What to draw">
      <input
        class="find"
        type="search"
        aria-label="Search devices, interfaces and filesystems"
        placeholder="Device, port, description"
        autocomplete="off"
        spellcheck={false}
        maxLength={200}
        value={find}
        onInput={(event) => set({ find: event.currentTarget.value })}
        onKeyDown={(event) => event.key === 'Escape' && set({ find: '' })}
      />
      {find.trim() === '' ? (
        <>
          <div class="seg fill" role="group" aria-label="Tree by">
            {BRANCHES.map((branch) => (
              <button
                type="button"
                key={branch}
                aria-pressed={branch === by}
                onClick={() => set({ by: branch === 'site' ? '' : branch })}
              >
                {WORDS[branch]}
              </button>
            ))}
          </div>
          <ul class="branches">
            {tree(devices, by, false).map((node) => (
              <BranchOf key={`${by} ${node.key}`} {...props} by={by} node={node} />
            ))}
          </ul>
        </>
      ) : (
        <Found {...props} find={find.trim()} />
      )}
    </section>
  );
}

function BranchOf({ by, node, ...props }: TreeProps & { readonly by: Branch; readonly node: Node }) {
  const [open, setOpen] = useState(false);
  const here = open ? props.devices.filter((device) => isAt(device, { [by]: node.key })) : [];
  const select = open ? selectorOf(by, node.key, here) : null;
  return (
    <li>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="n1">{node.name}</span> <span class="mut tn">{whole(node.all)}</span>
        </summary>
        {open && (
          <>
            {select && (
              <Picks
                {...props}
                of={`all of ${node.name}`}
                scope={{ name: node.name, select, single: false }}
                measures={measuresOfKinds(here)}
              />
            )}
            <ul>
              {here.slice(0, DEVICES_SHOWN).map((device) => (
                <DeviceOf key={device.id} {...props} device={device} />
              ))}
            </ul>
            {here.length > DEVICES_SHOWN && (
              <p class="s mut">And {count(here.length - DEVICES_SHOWN, 'device')} more: search for them by name.</p>
            )}
          </>
        )}
      </details>
    </li>
  );
}

function selectorOf(by: Branch, key: string, here: readonly DeviceView[]): Selector | null {
  // No pattern fits what has no tag.
  if (by === 'tag' && key === NONE) return null;
  if (by !== 'kind') return { ...ANYTHING, [by]: [key === NONE ? '' : key] };
  return here.length <= NAMED_MAX ? { ...ANYTHING, device: here.map(({ id }) => id) } : null;
}

/** The usual ones of all that is there. */
function measuresOfKinds(devices: readonly DeviceView[]): Measure[] {
  const kinds = new Set(devices.flatMap(({ counts }) => Object.keys(counts).filter((kind) => (counts[kind] ?? 0) > 0)));
  return MEASURES.filter(({ kind }) => kinds.has(kind));
}

function DeviceOf({ device, ...props }: TreeProps & { readonly device: DeviceView }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="n1">{device.name}</span>
        </summary>
        {open && <Parts {...props} device={device} />}
      </details>
    </li>
  );
}

function Parts({ device, only, ...props }: TreeProps & { readonly device: DeviceView; readonly only?: ReadonlySet<string> }) {
  const { value, error } = useLive(
    `instances ${device.id}`,
    (signal) => api.instances(device.id, signal),
    () => null,
  );
  const there = (value ?? []).filter(
    ({ vanishedMs, metrics, id }) => vanishedMs === null && metrics.length > 0 && (!only || only.has(id)),
  );
  const many = (kind: string) => (device.counts[kind] ?? 0) > 1;
  return (
    <>
      <Trouble error={error} />
      {!only && (
        <Picks
          {...props}
          of={`all of ${device.name}`}
          scope={{ name: device.name, select: { ...ANYTHING, device: [device.id] }, single: false }}
          measures={measuresOfKinds([device]).filter(({ kind, key }) => many(kind) && key === undefined)}
        />
      )}
      <ul>
        {there.slice(0, INSTANCES_SHOWN).map((instance) => (
          <PartOf key={instance.id} {...props} device={device} instance={instance} />
        ))}
      </ul>
      {there.length > INSTANCES_SHOWN && <p class="s mut">And {there.length - INSTANCES_SHOWN} more: search for them by name.</p>}
    </>
  );
}

function PartOf({ device, instance, ...props }: TreeProps & { readonly device: DeviceView; readonly instance: InstanceView }) {
  const { id, kind, name, alias, metrics } = instance;
  const scope: Scope = { name: '', select: { ...ANYTHING, device: [device.id], name: [id] }, single: true };
  return (
    <li class="part">
      <span class="n1">{name === kind ? (KINDS[kind] ?? kind) : name}</span>
      {alias !== '' && <span class="n2">{alias}</span>}
      <Picks {...props} of={`${device.name} ${name}`} scope={scope} measures={measuresOf(kind, metrics)} />
    </li>
  );
}
const KINDS: Readonly<Record<string, string>> = {
  ...{ cpu: 'Processor', load: 'Load', memory: 'Memory', ping: 'Ping', system: 'System' },
};

/** What the search of every page finds, with the buttons of the tree. */
function Found({ find, ...props }: TreeProps & { readonly find: string }) {
  const [asked, setAsked] = useState(find);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(find), REST_MS);
    return () => clearTimeout(timer);
  }, [find]);
  const { value, error, pending } = useLive(
    `search ${asked}`,
    (signal) => api.search(asked, signal),
    () => null,
  );
  const groups = grouped(value?.items ?? [], props.devices);
  return (
    <>
      <Trouble error={error} />
      <ul class="branches">
        {groups.map(({ device, parts }) =>
          parts.size === 0 ? (
            <DeviceOf key={device.id} {...props} device={device} />
          ) : (
            <li key={device.id}>
              <p class="owner">{device.name}</p>
              <Parts {...props} device={device} only={parts} />
            </li>
          ),
        )}
      </ul>
      <p class="s mut" role="status">
        {!pending && !error && value && groups.length === 0 ? `Nothing is called “${asked}”, nor described so.` : ''}
      </p>
    </>
  );
}

/** Interfaces and filesystems under their devices; a device that was found by its own name stands whole. */
function grouped(hits: readonly SearchHit[], devices: readonly DeviceView[]) {
  const found = new Map<string, Set<string>>();
  for (const { kind, id } of hits) {
    const [, owner = '', instance = ''] =
      kind === 'device' ? ['', id] : kind === 'interface' || kind === 'disk' ? id.split('~') : [];
    if (owner === '') continue;
    const parts = found.get(owner) ?? new Set<string>();
    found.set(owner, parts);
    if (instance !== '') parts.add(instance);
  }
  const whole = new Set(hits.filter(({ kind }) => kind === 'device').map(({ id }) => id));
  return [...found].flatMap(([id, parts]) => {
    const device = devices.find((one) => one.id === id);
    return device ? [{ device, parts: whole.has(id) ? new Set<string>() : parts }] : [];
  });
}
