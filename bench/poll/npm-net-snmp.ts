/** A poller on npm net-snmp as its documentation shows it, to compare with: `node npm-net-snmp.ts …` (words in client.ts). */
import snmp from 'net-snmp';
import { COMMUNITY, eachAtMost, endWithParent, measure, specOf, V3 } from './client.ts';

/** Sessions beyond this are opened for their turn and closed after it. */
const KEPT = 2_000;

endWithParent();
const { port, addresses, objects, perRequest, cycles, inFlight, timeoutMs, retries, version } = specOf();
const requests = Array.from({ length: Math.ceil(objects.length / perRequest) }, (_, i) =>
  objects.slice(i * perRequest, (i + 1) * perRequest),
);
const sessions = new Map<string, snmp.Session>();
const keep = addresses.length <= KEPT;
let sum = 0n;

function sessionOf(address: string): snmp.Session {
  const known = sessions.get(address);
  if (known) return known;
  const options = { port, timeout: timeoutMs, retries, idBitsSize: 32 };
  const user = {
    name: V3.user,
    level: snmp.SecurityLevel.authPriv,
    authProtocol: snmp.AuthProtocols.sha,
    authKey: V3.authKey,
    privProtocol: snmp.PrivProtocols.aes,
    privKey: V3.privKey,
  };
  const session =
    version === '3'
      ? snmp.createV3Session(address, user, options)
      : snmp.createSession(address, COMMUNITY, { ...options, version: snmp.Version2c });
  session.on('error', () => session.close());
  if (keep) sessions.set(address, session);
  return session;
}

function get(session: snmp.Session, oids: string[]): Promise<number | null> {
  return new Promise((resolve) => {
    session.get(oids, (error, varbinds = []) => {
      if (error) {
        resolve(null);
        return;
      }
      let varbindsThere = 0;
      for (const { type, value } of varbinds) {
        if (type === snmp.ObjectType.Counter64) {
          let number = 0n;
          for (const octet of value as Buffer) number = (number << 8n) | BigInt(octet);
          sum += number;
        } else if (type === snmp.ObjectType.Counter || type === snmp.ObjectType.TimeTicks) sum += BigInt(value as number);
        else continue;
        varbindsThere++;
      }
      resolve(varbindsThere);
    });
  });
}

const figures = await measure(cycles, async () => {
  let [varbinds, failed] = [0, 0];
  await eachAtMost(inFlight, addresses, async (address) => {
    const session = sessionOf(address);
    for (const oids of requests) {
      const there = await get(session, oids);
      if (there === null) {
        failed++;
        break;
      }
      varbinds += there;
    }
    if (!keep) session.close();
  });
  return { varbinds, failed };
});
for (const session of sessions.values()) session.close();
console.error(`sum ${sum}`);
console.log(JSON.stringify(figures));
