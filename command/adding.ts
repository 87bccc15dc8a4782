/** Adding many devices, a few at a time: a line for each as it comes to its end, and a sum. */
import type { DeviceAdded, DeviceInput } from '../core/api.ts';
import { visible } from '../core/text.ts';
import type { Api } from './api.ts';
import { Refusal, type Context } from './command.ts';

export interface ToAdd {
  /** What its line begins with: the number of a line, an address. */
  readonly label: string;
  readonly input: DeviceInput;
}
export interface Tried {
  readonly label: string;
  readonly address: string;
  readonly ok: boolean;
  /** What it answered, or why it was not added. */
  readonly text: string;
  readonly name: string | null;
}

const AT_ONCE = 4;

/** @param told called with each as it ends, in whatever order that is */
export async function addMany(api: Api, devices: readonly ToAdd[], told: (tried: Tried) => void): Promise<Tried[]> {
  const tried: Tried[] = [];
  const queue = devices.values();
  const addInTurn = async (): Promise<void> => {
    for (const one of queue) {
      const result = await addOne(api, one);
      tried.push(result);
      told(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, addInTurn));
  return tried;
}

async function addOne(api: Api, { label, input }: ToAdd): Promise<Tried> {
  const { address } = input;
  try {
    const { device, preview } = await api.ask<DeviceAdded>({ method: 'POST', path: '/devices', body: input });
    return { label, address, ok: true, text: preview.text, name: device.name };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { label, address, ok: false, text: error.message, name: null };
  }
}

/** "line 3, 192.0.2.1: added as core1, answers …" */
export function triedLine({ label, address, ok, text, name }: Tried): string {
  const what = ok ? `added as ${visible(name ?? '')}, ${visible(text)}` : `not added: ${visible(text)}`;
  return `${label === address ? '' : `${label}, `}${visible(address)}: ${what}`;
}

/** Says the sum. @returns the exit status */
export function sumUp(context: Context, api: Api, tried: readonly Tried[]): number {
  const added = tried.filter(({ ok }) => ok).length;
  const failed = tried.length - added;
  if (context.json) context.terminal.print(JSON.stringify({ items: tried, added, failed }));
  else context.terminal.print(`${added} added, ${failed} not added.`);
  if (added > 0 && api.through === 'this process')
    context.terminal.say('No server runs now; the devices are polled once one does: saguaro serve.');
  return failed > 0 ? 1 : 0;
}
