/** One transport out of two: each target is asked by the one that speaks its version. */
import type { SnmpCounts, SnmpTarget, SnmpTransport } from './transport.ts';

/** @param community speaks v1 and v2c; @param users speaks v3. Closing closes both. */
export function byVersion(community: SnmpTransport, users: SnmpTransport): SnmpTransport {
  const of = (target: SnmpTarget) => (target.credentials.version === '3' ? users : community);
  return {
    get: (target, oids, asking) => of(target).get(target, oids, asking),
    poll: (target, question, into, asking) => of(target).poll(target, question, into, asking),
    walk: (target, root, limits, asking) => of(target).walk(target, root, limits, asking),
    manner: (target) => of(target).manner(target),
    counts() {
      const [a, b] = [community.counts(), users.counts()];
      return Object.fromEntries(
        Object.entries(a).map(([name, n]) => [name, n + b[name as keyof SnmpCounts]]),
      ) as unknown as SnmpCounts;
    },
    release: (target) => of(target).release(target),
    async close() {
      await Promise.all([community.close(), users.close()]);
    },
  };
}
