/** An agent that answers GET, and others around it that answer in its place: from its port, another port, another address. */
import dgram from 'node:dgram';
import { decodeRequest, encodeMessage, PDU, type AgentMessage, type AgentValue } from '../../demo/agents/ber.ts';

export type From = 'itself' | 'another port' | 'another address';
export type Answer = (request: AgentMessage, send: (datagram: Uint8Array, from?: From) => void) => void;

export interface Impostor {
  readonly port: number;
  /** What to do for a request; the truth at once unless told otherwise. */
  answer: Answer;
  /** The true answer. */
  truth(request: AgentMessage): Buffer;
  /** The same with other values, otherwise without a fault unless `change` makes one. */
  lie(request: AgentMessage, change?: Partial<AgentMessage>): Buffer;
  /** Sends to whoever asked last, unasked. */
  say(datagram: Uint8Array, from?: From): void;
  close(): Promise<void>;
}

export const LIE: AgentValue = { type: 'counter32', value: 666 };
const OTHER_ADDRESS = '127.0.0.2';

/** @param host 127.0.0.1, or ::1, which has no other address beside it */
export async function startImpostor(objects: ReadonlyMap<string, AgentValue>, host = '127.0.0.1'): Promise<Impostor> {
  const itself = await bind(host, 0);
  const sockets: Record<From, dgram.Socket> = {
    itself,
    'another port': await bind(host, 0),
    'another address': host.includes(':') ? itself : await bind(OTHER_ADDRESS, itself.address().port).catch(() => itself),
  };
  const all = new Set(Object.values(sockets));
  const close = async () => {
    await Promise.all([...all].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  };
  if (!host.includes(':') && all.size < 3) {
    await close();
    throw new Error(`port ${itself.address().port} of ${OTHER_ADDRESS} is taken`);
  }
  let client: dgram.RemoteInfo | null = null;
  let closed = false;
  const sendTo =
    (to: dgram.RemoteInfo) =>
    (datagram: Uint8Array, from: From = 'itself') => {
      if (!closed) sockets[from].send(datagram, to.port, to.address);
    };
  const answerTo = (request: AgentMessage, varbinds: AgentMessage['varbinds'], change: Partial<AgentMessage> = {}) =>
    encodeMessage({ ...request, pdu: PDU.response, status: 0, index: 0, varbinds, ...change });
  const impostor: Impostor = {
    port: itself.address().port,
    answer: (request, send) => send(impostor.truth(request)),
    truth: (request) =>
      answerTo(
        request,
        request.varbinds.map(([oid]) => [oid, objects.get(oid) ?? { type: 'noSuchInstance' }]),
      ),
    lie: (request, change) =>
      answerTo(
        request,
        request.varbinds.map(([oid]) => [oid, LIE]),
        change,
      ),
    say(datagram, from) {
      if (client) sendTo(client)(datagram, from);
    },
    async close() {
      closed = true;
      await close();
    },
  };
  itself.on('message', (datagram, from) => {
    client = from;
    impostor.answer(decodeRequest(datagram), sendTo(from));
  });
  return impostor;
}

async function bind(host: string, port: number): Promise<dgram.Socket> {
  const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, resolve);
  });
  socket.removeAllListeners('error');
  // A client that went away refuses our answer; that is its affair.
  socket.on('error', () => {});
  return socket;
}
