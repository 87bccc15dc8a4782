/** `saguaro device add --file LIST`: many devices from a list, a line each. */
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { DeviceView } from '../core/api.ts';
import { parseDeviceList } from '../core/device-list.ts';
import { planDevices, type SharedSettings } from '../core/device-plan.ts';
import { addMany, sumUp, triedLine, type Tried } from './adding.ts';
import { Refusal, type Context } from './command.ts';

const BYTES_MAX = 4_000_000;

/** @param file path of the list, "-" = standard input. @returns the exit status */
export async function addList(context: Context, file: string, shared: SharedSettings, force: boolean): Promise<number> {
  const list = parseDeviceList(await textOf(context, file));
  const api = await context.api();
  const plan = planDevices(list, shared, await api.all<DeviceView>('/devices?limit=1000'));
  const tell = (tried: Tried) => context.json || context.terminal.print(triedLine(tried));
  const refused = plan.faults.map(({ line, text }): Tried => ({
    label: `line ${line}`,
    address: '',
    ok: false,
    text,
    name: null,
  }));
  if (!context.json) for (const { label, text } of refused) context.terminal.print(`${label}: not added: ${text}`);
  const devices = plan.devices.map(({ line, input }) => ({
    label: `line ${line}`,
    input: force ? { ...input, force } : input,
  }));
  if (devices.length + refused.length === 0)
    throw new Refusal(
      'The list holds no device: write one a line, an address or columns with commas, semicolons or tabs between them.',
    );
  return sumUp(context, api, [...refused, ...(await addMany(api, devices, tell))]);
}

async function textOf(context: Context, file: string): Promise<string> {
  if (file === '-') return readAll(context.terminal.stdin, 'standard input');
  try {
    await using handle = await open(file);
    return await readAll(handle.createReadStream({ autoClose: false }), file);
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String((cause as Error).message);
    throw new Refusal(`The list in ${file} cannot be read: ${why}.`, { cause });
  }
}

async function readAll(stream: Readable, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new Refusal(`The list in ${name} is larger than 4 MB: divide it.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
