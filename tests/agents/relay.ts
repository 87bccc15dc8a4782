/** Stands between a client and an agent on loopback and may change, double or drop what the agent answers. */
import dgram from 'node:dgram';

export interface Relay {
  readonly port: number;
  /** What to send for an answer of the agent; by default the answer itself. */
  answers: (reply: Buffer) => readonly Uint8Array[];
  close(): Promise<void>;
}

export async function startRelay(agentPort: number): Promise<Relay> {
  const front = dgram.createSocket('udp4');
  const back = dgram.createSocket('udp4');
  for (const socket of [front, back]) socket.on('error', () => {});
  await new Promise<void>((resolve) => front.bind(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => back.bind(0, '127.0.0.1', resolve));
  let client: dgram.RemoteInfo | null = null;
  let closed = false;
  const relay: Relay = {
    port: front.address().port,
    answers: (reply) => [reply],
    async close() {
      closed = true;
      await Promise.all([front, back].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };
  front.on('message', (datagram, from) => {
    client = from;
    back.send(datagram, agentPort, '127.0.0.1');
  });
  back.on('message', (reply) => {
    for (const datagram of relay.answers(reply)) if (client && !closed) front.send(datagram, client.port, client.address);
  });
  return relay;
}
