/** IP addresses as numbers: what a range holds, and whether it lies within allowed networks. */

export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}
/** First and last address are both in it. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}
export type ReadRange =
  | { readonly ok: true; readonly range: AddressRange }
  /** One sentence: what is wrong and what to do. */
  | { readonly ok: false; readonly text: string };

/** Addresses that one search asks at most. */
export const SEARCH_MAX = 4096;
const BITS = { 4: 32, 6: 128 } as const;
const TEXT_MAX = 100;

// Name, IPv4 or IPv6 with an optional zone; never an option of a program it is given to.
const HOST = /^[A-Za-z0-9_:][A-Za-z0-9_.:-]*(%[A-Za-z0-9_.-]+)?$/;

/** Whether a text can be the address of a device: a host name, or an address of either kind. */
export const isHost = (text: string): boolean => text.length <= 255 && HOST.test(text);

/** Null for what is no address: octets with leading zeros (some read them as octal), zones, names. */
export function parseAddress(text: string): Address | null {
  if (text.length > TEXT_MAX) return null;
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): Address | null {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)) return null;
  return { family: 4, value: octets.reduce((value, octet) => value * 256n + BigInt(octet), 0n) };
}

function parseV6(text: string): Address | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map(groupsOf);
  if (!head || tail === null) return null;
  const missing = 8 - head.length - (tail?.length ?? 0);
  // "::" stands for at least one group; without it all eight are written.
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array.from({ length: tail === undefined ? 0 : missing }, () => 0n), ...(tail ?? [])];
  return { family: 6, value: groups.reduce((value, group) => (value << 16n) | group, 0n) };
}

/** Groups of 16 bits; the last 32 bits may be written as an IPv4 address. */
function groupsOf(text: string): bigint[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: bigint[] = [];
  for (const [i, part] of parts.entries()) {
    const v4 = i === parts.length - 1 && part.includes('.') ? parseV4(part) : null;
    if (v4) groups.push(v4.value >> 16n, v4.value & 0xffffn);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return null;
  }
  return groups;
}

/** As people write it; IPv6 in the form of RFC 5952. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  // The longest run of zero groups, the first of equals; a single one is written out.
  let [from, length] = [0, 1];
  for (let i = 0, run = 0; i < 8; i++) {
    run = groups[i] === '0' ? run + 1 : 0;
    if (run > length) [from, length] = [i - run + 1, run];
  }
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, from).join(':')}::${groups.slice(from + length).join(':')}`;
}

/** The network "10.0.0.0/8", or one address; null when it is neither. Bits behind the prefix do not count. */
export function parseNetwork(text: string): AddressRange | null {
  const [ip = '', bits, more] = text.trim().split('/');
  const address = parseAddress(ip);
  if (!address || more !== undefined || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return null;
  const all = BITS[address.family];
  const prefix = bits === undefined ? all : Number(bits);
  if (prefix > all) return null;
  const size = 1n << BigInt(all - prefix);
  const first = address.value - (address.value % size);
  return { family: address.family, first, last: first + size - 1n };
}

/**
 * What a person gives to be searched: "192.0.2.0/24" (without its network and broadcast
 * address), "192.0.2.10-192.0.2.20", "192.0.2.10-20", or one address.
 */
export function parseRange(text: string): ReadRange {
  const given = text.trim();
  const shown = given.length > 60 ? `${given.slice(0, 60)}…` : given;
  const wrong = (why: string): ReadRange => ({ ok: false, text: why });
  const form = 'give one such as 192.0.2.0/24 or 192.0.2.10-192.0.2.20';
  if (given === '') return wrong(`The range is missing: ${form}.`);
  const [from = '', to, more] = given.split('-').map((part) => part.trim());
  let range: AddressRange | null;
  if (to === undefined) {
    const network = parseNetwork(given);
    range = network && hostsOf(network, given.includes('/'));
  } else {
    const first = parseAddress(from);
    // The last octet alone is short for an address beside the first.
    const last = first?.family === 4 && /^\d{1,3}$/.test(to) ? parseAddress(from.replace(/\d+$/, to)) : parseAddress(to);
    if (first && last && first.family !== last.family)
      return wrong(`"${shown}" begins with IPv${first.family} and ends with IPv${last.family}: give two addresses of one kind.`);
    if (first && last && last.value < first.value)
      return wrong(`"${shown}" ends before it begins: give the smaller address first.`);
    range = first && last && more === undefined ? { family: first.family, first: first.value, last: last.value } : null;
  }
  if (!range) return wrong(`"${shown}" is not a range of addresses: ${form}.`);
  const size = sizeOf(range);
  if (size > BigInt(SEARCH_MAX)) {
    const many = size > 10n ** 12n ? 'far too many' : `${size}`;
    return wrong(`"${shown}" holds ${many} addresses: at most ${SEARCH_MAX} are searched at a time, so give a smaller range.`);
  }
  return { ok: true, range };
}

/** IPv4 networks of more than two addresses keep the first and the last for themselves. */
function hostsOf(network: AddressRange, written: boolean): AddressRange {
  if (!written || network.family === 6 || sizeOf(network) <= 2n) return network;
  return { ...network, first: network.first + 1n, last: network.last - 1n };
}

export const sizeOf = ({ first, last }: AddressRange): bigint => last - first + 1n;

/** "192.0.2.1-192.0.2.254"; one address alone when it is one. */
export function formatRange({ family, first, last }: AddressRange): string {
  const from = formatAddress({ family, value: first });
  return first === last ? from : `${from}-${formatAddress({ family, value: last })}`;
}

/** Every address, in order; only for ranges that `parseRange` let through. */
export function* addressesOf({ family, first, last }: AddressRange): Generator<string> {
  for (let value = first; value <= last; value++) yield formatAddress({ family, value });
}

/** Whether all of a range lies in one of the networks, or in several that meet. */
export function isWithin(range: AddressRange, networks: readonly AddressRange[]): boolean {
  const sorted = networks.filter(({ family }) => family === range.family).sort((a, b) => (a.first < b.first ? -1 : 1));
  let next = range.first;
  for (const { first, last } of sorted) {
    if (first > next) return false;
    if (last >= next) next = last + 1n;
    if (next > range.last) return true;
  }
  return false;
}
