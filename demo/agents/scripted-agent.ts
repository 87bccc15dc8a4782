/**
 * An SNMP agent on loopback that says exactly what it is told to, with the faults that
 * devices have: silence, delay, other addresses, broken octets, small buffers.
 */
import dgram from 'node:dgram';
import { decodeRequest, encodeMessage, PDU, type AgentMessage, type AgentValue } from './ber.ts';

export type AgentObjects = ReadonlyMap<string, AgentValue | (() => AgentValue)>;
export type SendFrom = 'here' | 'elsewhere';

export interface Behaviour {
  /** True: this request gets no answer. */
  drop?: (request: AgentMessage) => boolean;
  /** Milliseconds before the answer leaves. */
  delayMs?: number | ((request: AgentMessage) => number);
  /** Changes the octets of each answer. */
  mutate?: (reply: Buffer, request: AgentMessage) => Uint8Array;
  /** Answers leave from another port. */
  elsewhere?: boolean;
  /** Answers carry this community instead of the request's. */
  replyCommunity?: string;
  /** Requests for more variables than this get tooBig; bulk answers are cut to it. */
  maxVarbinds?: number;
  /** Answers larger than this are lost on the way, as fragments often are. */
  lostAboveBytes?: number;
  /** Instead of answering: sends whatever it wants. `reply` is the true answer, ready to go. */
  respond?: (reply: Buffer, request: AgentMessage, send: (datagram: Uint8Array, from?: SendFrom) => void) => void;
  /** Replaces the list of variables of an answer. */
  varbinds?: (varbinds: AgentMessage['varbinds'], request: AgentMessage) => AgentMessage['varbinds'];
  /** Answers datagrams that are no v1 or v2c request. */
  other?: (datagram: Buffer, send: (datagram: Uint8Array, from?: SendFrom) => void) => void;
}

export interface ScriptedAgent {
  readonly port: number;
  /** Datagrams received. */
  readonly received: () => number;
  behaviour: Behaviour;
  /** Exchanges all objects: other values, other indices. */
  setObjects(objects: AgentObjects): void;
  close(): Promise<void>;
}

export interface AgentOptions {
  objects: AgentObjects;
  community?: string;
  behaviour?: Behaviour;
  /** Versions it speaks; 0 is v1, 1 is v2c. */
  versions?: readonly number[];
  host?: string;
  port?: number;
}

export async function startScriptedAgent(options: AgentOptions): Promise<ScriptedAgent> {
  const community = options.community ?? 'public';
  const versions = options.versions ?? [0, 1];
  const host = options.host ?? '127.0.0.1';
  const here = await bind(host, options.port ?? 0);
  const elsewhere = await bind(host, 0);
  const timers = new Set<NodeJS.Timeout>();
  let tree = createTree(options.objects);
  let received = 0;
  let closed = false;

  const agent: ScriptedAgent = {
    port: here.address().port,
    received: () => received,
    behaviour: options.behaviour ?? {},
    setObjects(objects) {
      tree = createTree(objects);
    },
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all([here, elsewhere].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };

  here.on('message', (datagram, from) => {
    received++;
    const { behaviour } = agent;
    const send = (reply: Uint8Array, way: SendFrom = 'here') => {
      if (!closed) (way === 'here' ? here : elsewhere).send(reply, from.port, from.address);
    };
    let request: AgentMessage;
    try {
      request = decodeRequest(datagram);
    } catch {
      behaviour.other?.(datagram, send);
      return;
    }
    if (request.community !== community || !versions.includes(request.version) || behaviour.drop?.(request)) return;
    let reply = encodeMessage(answer(tree, request, behaviour));
    if (behaviour.mutate) reply = Buffer.from(behaviour.mutate(reply, request));
    if (behaviour.lostAboveBytes !== undefined && reply.length > behaviour.lostAboveBytes) return;
    const go = () => {
      if (behaviour.respond) behaviour.respond(reply, request, send);
      else send(reply, behaviour.elsewhere ? 'elsewhere' : 'here');
    };
    const delayMs = typeof behaviour.delayMs === 'function' ? behaviour.delayMs(request) : (behaviour.delayMs ?? 0);
    if (delayMs <= 0) {
      go();
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      go();
    }, delayMs);
    timers.add(timer);
  });
  return agent;
}

function bind(host: string, port: number): Promise<dgram.Socket> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind(port, host, () => {
      socket.removeListener('error', reject);
      // A client that went away refuses our answer; that is its affair.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

interface Tree {
  get(oid: string): AgentValue | null;
  next(oid: string): readonly [string, AgentValue] | null;
  has(prefix: string): boolean;
}

function createTree(objects: AgentObjects): Tree {
  const sorted = [...objects.keys()]
    .map((oid) => ({ oid, parts: oid.split('.').map(Number) }))
    .sort((a, b) => compare(a.parts, b.parts));
  const read = (oid: string): AgentValue => {
    const found = objects.get(oid);
    if (found === undefined) throw new Error(`no object ${oid}`);
    return typeof found === 'function' ? found() : found;
  };
  return {
    get: (oid) => (objects.has(oid) ? read(oid) : null),
    next(oid) {
      const parts = oid.split('.').map(Number);
      let low = 0;
      let high = sorted.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compare(sorted[middle]?.parts ?? [], parts) > 0) high = middle;
        else low = middle + 1;
      }
      const found = sorted[low];
      return found ? [found.oid, read(found.oid)] : null;
    },
    has: (prefix) => sorted.some(({ oid }) => oid.startsWith(`${prefix}.`)),
  };
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const TOO_BIG = 1;
const NO_SUCH_NAME = 2;

function answer(tree: Tree, request: AgentMessage, behaviour: Behaviour): AgentMessage {
  const reply = {
    version: request.version,
    community: behaviour.replyCommunity ?? request.community,
    pdu: PDU.response,
    requestId: request.requestId,
    status: 0,
    index: 0,
  };
  const most = behaviour.maxVarbinds ?? Infinity;
  if (request.pdu !== PDU.bulk && request.varbinds.length > most) return { ...reply, status: TOO_BIG, varbinds: [] };
  let varbinds: (readonly [string, AgentValue])[] = [];
  if (request.pdu === PDU.bulk) {
    let cursors = request.varbinds.map(([oid]) => oid);
    for (let row = 0; row < request.index && varbinds.length < most; row++) {
      const step = cursors.map((oid) => tree.next(oid) ?? ([oid, { type: 'endOfMibView' }] as const));
      varbinds.push(...step);
      cursors = step.map(([oid]) => oid);
      if (step.every(([, value]) => value.type === 'endOfMibView')) break;
    }
  } else {
    for (const [at, [oid]] of request.varbinds.entries()) {
      const found = request.pdu === PDU.next ? tree.next(oid) : wrap(oid, tree.get(oid));
      if (found) varbinds.push(found);
      else if (request.version === 0) return { ...reply, status: NO_SUCH_NAME, index: at + 1, varbinds: request.varbinds };
      else
        varbinds.push([
          oid,
          { type: request.pdu === PDU.next ? 'endOfMibView' : tree.has(parentOf(oid)) ? 'noSuchInstance' : 'noSuchObject' },
        ]);
    }
  }
  varbinds = [...(behaviour.varbinds?.(varbinds, request) ?? varbinds)];
  return { ...reply, varbinds };
}

function wrap(oid: string, value: AgentValue | null): readonly [string, AgentValue] | null {
  return value ? [oid, value] : null;
}

function parentOf(oid: string): string {
  return oid.slice(0, oid.lastIndexOf('.'));
}
