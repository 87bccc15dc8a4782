/** Devices as a tree by place, kind or tag: where to look, with how many are there and how many are down. */
import type { DeviceView } from '../../core/api.ts';
import { href } from '../address.ts';
import type { Route } from '../route.ts';
import { whole } from '../words.ts';
import { BRANCHES, tree, type Branch, type Node } from './places.ts';

const WORDS: Readonly<Record<Branch, string>> = { site: 'Place', kind: 'Kind', tag: 'Tag' };

interface TreeProps {
  readonly route: Route;
  readonly devices: readonly DeviceView[];
  readonly by: Branch;
}

/** Chosen branches keep filter, state and sort; another tree lets go of the branch. */
export function DeviceTree({ route, devices, by }: TreeProps) {
  const { site: _site, kind: _kind, tag: _tag, ...rest } = route.more;
  const to = (more: Record<string, string>) => href({ page: 'devices', more: { ...rest, ...more } });
  const nodes = tree(devices, by);
  const chosen = (more: Record<string, string>) =>
    BRANCHES.every((branch) => (route.more[branch] ?? '') === (more[branch] ?? ''));
  const link = (node: Node, more: Record<string, string>) => (
    <a href={to(more)} {...(chosen(more) ? { 'aria-current': 'true' as const } : {})}>
      <span>{node.name}</span>
      <span class="n">
        {node.down > 0 && (
          <span class="st down">
            {whole(node.down)}
            <span class="vh"> down of </span>
          </span>
        )}{' '}
        {whole(node.all)}
      </span>
    </a>
  );
  return (
    <nav class="tree" aria-label={`Devices by ${WORDS[by].toLowerCase()}`}>
      <div class="seg fill" role="group" aria-label="Tree by">
        {BRANCHES.map((branch) => (
          <a
            key={branch}
            href={to({ by: branch === 'site' ? '' : branch })}
            {...(branch === by ? { 'aria-current': 'true' as const } : {})}
          >
            {WORDS[branch]}
          </a>
        ))}
      </div>
      <ul class="nav">
        <li>{link({ name: 'All devices', key: '', all: devices.length, down: downOf(devices), inner: [] }, {})}</li>
        {nodes.map((node) => (
          <li key={node.key}>
            {link(node, { [by]: node.key })}
            {node.inner.length > 1 && (
              <ul>
                {node.inner.map((inner) => (
                  <li key={inner.key}>{link(inner, { [by]: node.key, [by === 'site' ? 'kind' : 'site']: inner.key })}</li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ul>
    </nav>
  );
}

const downOf = (devices: readonly DeviceView[]) => devices.filter((d) => d.state === 'down').length;
