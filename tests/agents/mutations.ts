/** Seeded damage to datagrams, of the kinds that broken and hostile agents do. */
import { randomFrom } from './simulated-host.ts';

/** One mutated copy of a reply; the same seed gives the same damage. */
export function mutate(reply: Uint8Array, seed: number): Buffer {
  const random = randomFrom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const octets = Buffer.from(reply);
  const at = below(octets.length);
  switch (below(11)) {
    case 0:
      octets[at] = below(256);
      return octets;
    case 1:
      octets[at] = (octets[at] ?? 0) ^ (1 << below(8));
      return octets;
    case 2:
      return octets.subarray(0, at);
    case 3:
      return Buffer.concat([octets, Buffer.from(Array.from({ length: 1 + below(64) }, () => below(256)))]);
    case 4: {
      // A length that lies.
      const lengths = [0, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0xff];
      octets[at] = lengths[below(lengths.length)] ?? 0;
      return octets;
    }
    case 5: {
      // A type that lies.
      const types = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x40, 0x41, 0x44, 0x46, 0x80, 0x81, 0x82, 0xa0, 0xa2, 0xa4, 0xa8];
      octets[at] = types[below(types.length)] ?? 0;
      return octets;
    }
    case 6: {
      const part = octets.subarray(at, at + 1 + below(32));
      return Buffer.concat([octets.subarray(0, at), part, octets.subarray(at)]);
    }
    case 7:
      return Buffer.concat([octets.subarray(0, at), octets.subarray(Math.min(octets.length, at + 1 + below(32)))]);
    case 8:
      return octets.fill(below(256), at, Math.min(octets.length, at + 1 + below(16)));
    case 9:
      return Buffer.from(Array.from({ length: below(400) }, () => below(256)));
    default: {
      for (let i = 0; i < 1 + below(12); i++) octets[below(octets.length)] = below(256);
      return octets;
    }
  }
}
