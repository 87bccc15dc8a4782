/**
 * Runs in a thread of its own, so that its work delays nobody: agents whose every answer is
 * damaged, and healthy ones beside them. Keeps account of which values anybody may believe:
 * those of answers that, damaged or not, are still answers to what was asked.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { PDU, tlv, type AgentMessage, type AgentValue } from '../../demo/agents/ber.ts';
import { startScriptedAgent, type ScriptedAgent } from '../../demo/agents/scripted-agent.ts';
import type { SnmpValue } from '../../collector/snmp/transport.ts';
import { startFrontV3, type FrontV3 } from './front-v3.ts';
import { mutate } from './mutations.ts';
import { readAnswer, readPdu, readTlvsOf, type ReadAnswer } from './oracle.ts';
import type { UsmUser } from './usm.ts';

/** `sealed`: damaged after it was signed; `content`: damaged before, so that only its content is wrong. */
export type HostileKind = '1' | '2c' | '3 sealed' | '3 content';

export interface HostileOrder {
  readonly seed: number;
  readonly kinds: readonly HostileKind[];
  readonly healthy: number;
  readonly objects: ReadonlyMap<string, AgentValue>;
  readonly user: UsmUser;
  /** Of the objects, names of rows, by row: values beside another name than this are nobody's. */
  readonly names: ReadonlyMap<string, string>;
}
export interface HostilePorts {
  readonly hostile: readonly number[];
  readonly healthy: readonly number[];
}
export interface HostileAccount {
  /** Damaged answers sent, by what was asked. */
  readonly mutated: { readonly get: number; readonly next: number; readonly bulk: number };
  /** Of each agent, values that may be believed, as `OID kind value`. */
  readonly approved: readonly ReadonlySet<string>[];
  /** The same without those of rows whose name in the same answer is another. */
  readonly identified: readonly ReadonlySet<string>[];
}

/** A value as text that tells it from every other. */
export function claimOf(oid: string, value: SnmpValue): string {
  const text = value.value instanceof Uint8Array ? Buffer.from(value.value).toString('hex') : String(value.value);
  return `${oid} ${value.type} ${text}`;
}

const SEEDS_AN_AGENT = 100_000;
const port = parentPort;
if (port) {
  const order = workerData as HostileOrder;
  const mutated = { get: 0, next: 0, bulk: 0 };
  const agents: { agent: ScriptedAgent; front: FrontV3 | null; approved: Set<string>; identified: Set<string> }[] = [];

  const approve = (of: (typeof agents)[number], answer: ReadAnswer | null, request: AgentMessage) => {
    if (!answer || answer.pdu !== PDU.response || answer.requestId !== request.requestId || answer.status !== 0) return;
    const { varbinds } = answer;
    const asked = request.varbinds.map(([oid]) => oid);
    if (request.pdu === PDU.get && varbinds.map(({ oid }) => oid).join() !== asked.join()) return;
    if (request.pdu === PDU.next && varbinds.length !== asked.length) return;
    const most = request.status + (asked.length - request.status) * request.index;
    if (request.pdu === PDU.bulk && (varbinds.length === 0 || varbinds.length > most)) return;
    const astray = new Set(
      varbinds.flatMap((one) => {
        const name = order.names.get(one.oid);
        const right = name === undefined || (one.type === 'string' && Buffer.from(one.value).toString() === name);
        return right ? [] : [one.oid.slice(one.oid.lastIndexOf('.'))];
      }),
    );
    for (const one of varbinds) {
      const claim = claimOf(one.oid, one);
      of.approved.add(claim);
      if (!astray.has(one.oid.slice(one.oid.lastIndexOf('.')))) of.identified.add(claim);
    }
  };
  const count = (pdu: number) => {
    mutated[pdu === PDU.bulk ? 'bulk' : pdu === PDU.next ? 'next' : 'get']++;
  };

  const start = async (kind: HostileKind, nth: number) => {
    // Of its own, so that the damage does not depend on who is asked first.
    let seed = order.seed + SEEDS_AN_AGENT * nth;
    const agent = await startScriptedAgent({ objects: order.objects });
    const front = kind.startsWith('3') ? await startFrontV3(agent.port, order.user) : null;
    const of = { agent, front, approved: new Set<string>(), identified: new Set<string>() };
    agents.push(of);
    const requests = new Map<number, AgentMessage>();
    let last: AgentMessage | null = null;
    if (!front) {
      agent.behaviour = {
        mutate(reply, request) {
          const damaged = mutate(reply, seed++);
          const answer = readAnswer(damaged);
          const ours = answer?.version === request.version && answer.community === request.community;
          count(request.pdu);
          approve(of, ours ? answer : null, request);
          return damaged;
        },
      };
      return front ?? agent;
    }
    agent.behaviour = {
      respond(reply, request, send) {
        last = request;
        requests.set(request.requestId, request);
        if (kind === '3 sealed') approve(of, readAnswer(reply), request);
        send(reply);
      },
    };
    if (kind === '3 sealed') {
      // Every other answer arrives whole, else no engine would ever be known.
      let whole = false;
      front.answers = (datagram) => {
        whole = !whole;
        if (!whole && last) count(last.pdu);
        return [whole ? datagram : mutate(datagram, seed++)];
      };
    } else {
      front.content = (pdu, requestId) => {
        const damaged = mutate(pdu, seed++);
        const request = requests.get(requestId);
        requests.delete(requestId);
        if (request) {
          count(request.pdu);
          approve(of, contentOf(damaged), request);
        }
        return damaged.length > 0 ? damaged : tlv(5, damaged);
      };
    }
    return front;
  };
  const contentOf = (pdu: Uint8Array): ReadAnswer | null => {
    try {
      const [whole] = readTlvsOf(pdu, [null]);
      return whole ? { version: 3, community: '', pdu: whole.tag, ...readPdu(whole.content) } : null;
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  };

  const hostile = [];
  for (const [nth, kind] of order.kinds.entries()) hostile.push((await start(kind, nth)).port);
  const healthy: ScriptedAgent[] = [];
  for (let i = 0; i < order.healthy; i++) healthy.push(await startScriptedAgent({ objects: order.objects }));
  port.on('message', (asked: 'count' | 'heal' | 'account') => {
    if (asked === 'heal') {
      for (const { agent, front } of agents) {
        agent.behaviour = {};
        if (front) [front.content, front.answers] = [(pdu) => pdu, (datagram) => [datagram]];
      }
    }
    const account: HostileAccount = {
      mutated,
      approved: asked === 'account' ? agents.map(({ approved }) => approved) : [],
      identified: asked === 'account' ? agents.map(({ identified }) => identified) : [],
    };
    port.postMessage(account);
  });
  const ports: HostilePorts = { hostile, healthy: healthy.map((agent) => agent.port) };
  port.postMessage(ports);
}
