/** One transport out of two: ours for nearly everything, a library's for what ours would rather not do. */
import type { SnmpCounts, SnmpTarget, SnmpTransport } from './transport.ts';
import { usmSupports } from './usm/keys.ts';

/**
 * Ours asks all but SNMPv3 users with DES. Node's OpenSSL has it by a detour only, at eight
 * times the cost of AES, and may lose it; such users are few and old.
 * Closing closes both.
 */
export function chooseTransport(ours: SnmpTransport, library: SnmpTransport): SnmpTransport {
  const of = ({ credentials }: SnmpTarget): SnmpTransport => {
    if (credentials.version !== '3') return ours;
    const { auth, priv } = credentials;
    return priv?.protocol === 'des' || !usmSupports(auth?.protocol ?? null, priv?.protocol ?? null) ? library : ours;
  };
  return {
    get: (target, oids, asking) => of(target).get(target, oids, asking),
    poll: (target, question, into, asking) => of(target).poll(target, question, into, asking),
    walk: (target, root, limits, asking) => of(target).walk(target, root, limits, asking),
    manner: (target) => of(target).manner(target),
    counts() {
      const [a, b] = [ours.counts(), library.counts()];
      const sum = (name: keyof SnmpCounts) => a[name] + b[name];
      return {
        sent: sum('sent'),
        resent: sum('resent'),
        received: sum('received'),
        foreign: sum('foreign'),
        wrongCommunity: sum('wrongCommunity'),
        late: sum('late'),
        malformed: sum('malformed'),
      };
    },
    release: (target) => of(target).release(target),
    async close() {
      await Promise.all([ours.close(), library.close()]);
    },
  };
}
