/** From a host name to the address that is asked. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { failure } from './failures.ts';
import type { SnmpAsking, SnmpFailure, SnmpTarget } from './transport.ts';

/** The address of a target, within the time one answer may take; an address is its own. */
export async function resolveAddress(target: SnmpTarget, asking: SnmpAsking): Promise<string | SnmpFailure> {
  if (isIP(target.address) !== 0) return target.address;
  const wake = new AbortController();
  const onAbort = () => wake.abort();
  asking.signal.addEventListener('abort', onAbort, { once: true });
  const deadline = asking.clock.sleep(target.timeoutMs * (1 + target.retries), wake.signal).then(
    () => failure(target, 'no such name', 'the name server does not answer'),
    () => failure(target, 'aborted'),
  );
  const found = lookUp(target.address).then(
    (address) => address,
    (error: NodeJS.ErrnoException) => failure(target, 'no such name', error.code ?? ''),
  );
  try {
    return await Promise.race([found, deadline]);
  } finally {
    asking.signal.removeEventListener('abort', onAbort);
    wake.abort();
  }
}

/** Look-ups under way, by name. A resolver that does not answer must not pile them up: they hold the threads that files need. */
const pending = new Map<string, Promise<string>>();
const PENDING_MAX = 16;

function lookUp(name: string): Promise<string> {
  const same = pending.get(name);
  if (same) return same;
  if (pending.size >= PENDING_MAX) return Promise.reject(Object.assign(new Error('busy'), { code: 'the name server is slow' }));
  const found = lookup(name)
    .then(({ address }) => address)
    .finally(() => pending.delete(name));
  pending.set(name, found);
  // Whoever asked has its own handler.
  found.catch(() => undefined);
  return found;
}
