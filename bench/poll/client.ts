/** What every client of the poll benchmark is told, and what it says in the end. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** A client's only output, as one line of JSON. */
export interface Figures {
  /** Values decoded in the measured cycles. */
  readonly varbinds: number;
  /** User and system time of the whole process over these cycles. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** The most the process ever held. */
  readonly rssMB: number;
  /** Polls that did not get everything. */
  readonly failed: number;
}

export interface ClientSpec {
  readonly port: number;
  readonly addresses: readonly string[];
  readonly objects: readonly string[];
  readonly perRequest: number;
  /** Cycles that are measured; one more goes before. */
  readonly cycles: number;
  readonly inFlight: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly version: '2c' | '3';
}

/** User and keys that the responder knows. */
export const V3 = { user: 'bench', authKey: 'bench-auth-key', privKey: 'bench-priv-key' };
export const COMMUNITY = 'public';

/** The words that `specOf` and libnetsnmp.c read. */
export function wordsOf(spec: Omit<ClientSpec, 'addresses' | 'objects'> & { addresses: string; objects: string }): string[] {
  const { port, addresses, objects, perRequest, cycles, inFlight, timeoutMs, retries, version } = spec;
  return [port, addresses, objects, perRequest, cycles, inFlight, timeoutMs, retries, version].map(String);
}

/** @throws Error when words are missing */
export function specOf(args: readonly string[] = process.argv.slice(2)): ClientSpec {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true, strict: false });
  const [port, addresses, objects, perRequest, cycles, inFlight, timeoutMs, retries, version] = positionals;
  if (addresses === undefined || objects === undefined || (version !== '2c' && version !== '3'))
    throw new Error('words are missing');
  return {
    port: Number(port),
    addresses: linesOf(addresses),
    objects: linesOf(objects),
    perRequest: Number(perRequest),
    cycles: Number(cycles),
    inFlight: Number(inFlight),
    timeoutMs: Number(timeoutMs),
    retries: Number(retries),
    version,
  };
}

/**
 * Runs one cycle, then the measured ones, and prints the figures.
 * @param cycle polls every device once, and says how many values came and how many polls failed
 */
export async function measure(cycles: number, cycle: () => Promise<{ varbinds: number; failed: number }>): Promise<Figures> {
  await cycle();
  console.error('measured from here');
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  let [varbinds, failed] = [0, 0];
  for (let i = 0; i < cycles; i++) {
    const one = await cycle();
    varbinds += one.varbinds;
    failed += one.failed;
  }
  const wallSeconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const rssMB = process.resourceUsage().maxRSS / 1024;
  return { varbinds, cpuSeconds: (user + system) / 1e6, wallSeconds, rssMB, failed };
}

/** Calls `work` for every item, at most `limit` at once. */
export async function eachAtMost<T>(
  limit: number,
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < items.length; i = next++) await work(items[i] as T, i);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').filter(Boolean);
}

/** The driver's end is the client's: nobody would read the figures, and nobody would stop it. */
export function endWithParent(): void {
  if (!process.channel) return;
  process.on('disconnect', () => process.exit(1));
  process.channel.unref();
}
