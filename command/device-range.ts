/** `saguaro discover RANGE`: asks every address of a range whether a device answers. */
import type { DeviceInput, DiscoveryInput, DiscoveryView, FoundDevice } from '../core/api.ts';
import { visible } from '../core/text.ts';
import { addMany, sumUp, triedLine } from './adding.ts';
import { Refusal, type Context } from './command.ts';

const LOOK_EVERY_MS = 1_000;
/** Longer than the server lets any search run. */
const LOOKS_MAX = 3_600;

/** @param asked how the devices are asked, and added. @returns the exit status */
export async function discoverRange(
  context: Context,
  range: string,
  asked: Pick<DeviceInput, 'snmp' | 'ping'>,
  add: boolean,
): Promise<number> {
  const api = await context.api();
  const { terminal, json } = context;
  const body: DiscoveryInput = { range, ...asked };
  let search = await api.ask<DiscoveryView>({ method: 'POST', path: '/discoveries', body });
  const told = new Set<string>();
  for (let looks = 0; search.state === 'running' && looks < LOOKS_MAX; looks++) {
    search = await api.ask<DiscoveryView>({ method: 'GET', path: `/discoveries/${search.id}?waitMs=${LOOK_EVERY_MS}` });
    for (const found of search.found) {
      if (!json && !told.has(found.address)) terminal.print(foundLine(found));
      told.add(found.address);
    }
  }
  const { asked: count, total, found, reason, state } = search;
  if (!json) terminal.print(`${count} of ${total} addresses asked, ${found.length} found.${reason === '' ? '' : ` ${reason}`}`);
  if (add) {
    const free = found.filter(({ ok, known }) => ok && known === null);
    if (free.length === 0) throw new Refusal('Nothing that is new answered, so nothing was added.');
    const devices = free.map(({ address }) => ({ label: address, input: { address, ...asked } }));
    const tried = await addMany(api, devices, (one) => json || terminal.print(triedLine(one)));
    return sumUp(context, api, tried);
  }
  if (json) terminal.print(JSON.stringify(search));
  return state === 'done' ? 0 : 1;
}

function foundLine({ address, text, known }: FoundDevice): string {
  return `${address}${known ? ` (known as ${visible(known.name)})` : ''}: ${visible(text)}`;
}
