/** What is kept of a device between its requests: how fast it answers, and how much it can take at once. */
import { hash32 } from '../../../core/hash.ts';
import { OIDS_PER_REQUEST, type EngineClock, type SnmpTarget } from '../transport.ts';
import type { Usm, UsmCredentials, UsmEngine } from '../usm/message.ts';
import type { Envelope } from './ber.ts';
import type { Family } from './sockets.ts';

/** Under which words a device is spoken to: a community, or a user with the agent's engine. */
export type Security = Envelope | UserSecurity;

export interface UserSecurity {
  readonly version: 3;
  readonly usm: Usm;
  /** Null until the agent has told it. */
  engine: UsmEngine | null;
  /** As its last answer said. */
  clock: EngineClock | null;
}

export interface Link {
  /** As the system writes it. */
  readonly address: string;
  readonly family: Family;
  readonly port: number;
  readonly security: Security;
  /** Decides through which socket it is asked. */
  readonly place: number;
  /** Smoothed round trip and its deviation, RFC 6298; NaN while nothing has come. */
  roundTripMs: number;
  deviationMs: number;
  /** Sizes that worked. */
  oidsPerRequest: number;
  repetitions: number;
  /** Walks in a row that were complete and lost nothing. */
  cleanWalks: number;
  /** Polls without trouble before the size of requests is tried larger; more after each time that was too much. */
  growAfter: number;
  /** Polls in a row in which everything came at the present size. */
  clean: number;
  /** Polls in a row in which a full request was lost and smaller ones came. */
  lossy: number;
  /** The last time nothing came, or nothing was ever asked. */
  silent: boolean;
  readonly bulk: BulkManner;
  /** Of the last poll. */
  requests: number;
  resent: number;
  byBulk: boolean;
}

/** What was learnt about large GETBULK answers. */
export interface BulkManner {
  /** Octets of answer asked for at once; 0 = not now. */
  bytes: number;
  /** More than this was lost, or the agent does not give. */
  mostBytes: number;
  /** Clean polls to go before it is tried (again). */
  waitPolls: number;
  /** How long to wait after the next trouble. */
  nextWait: number;
  /** Polls by it without trouble, since answers were last tried larger. */
  clean: number;
  /** How many octets of answer one varbind takes. */
  varbindBytes: number;
}

/** A request without an answer is sent again no sooner than this, however fast the device is. */
const RESEND_MIN_MS = 500;
const REPETITIONS = 25;
/** After so many polls in full the size of requests is tried larger again. */
const GROW_AFTER = 16;
const GROW_AFTER_MOST = 4_096;
/** Complete walks before their answers are tried larger again. */
const GROW_WALKS_AFTER = 8;
/** Polls by GETBULK without trouble before larger answers are tried than were once too large. */
const BULK_GROW_AFTER = 500;
/** Clean polls by GET before tables are asked by GETBULK. */
const BULK_AFTER = 2;
const BULK_FIRST_BYTES = 4_096;
const BULK_MOST_BYTES = 16_384;
const BULK_WAIT_POLLS = 60;
const BULK_WAIT_MOST = 10_000;
const VARBIND_BYTES = 28;

/** @param usmOf the messages of a v3 user */
export function createLink(
  address: string,
  family: Family,
  { credentials, port }: SnmpTarget,
  usmOf: (credentials: UsmCredentials) => Usm,
): Link {
  return {
    address,
    family,
    port,
    security:
      credentials.version === '3'
        ? { version: 3, usm: usmOf(credentials), engine: null, clock: null }
        : { version: credentials.version === '1' ? 0 : 1, community: new TextEncoder().encode(credentials.community) },
    place: hash32(address),
    roundTripMs: NaN,
    deviationMs: NaN,
    oidsPerRequest: OIDS_PER_REQUEST,
    repetitions: REPETITIONS,
    cleanWalks: 0,
    growAfter: GROW_AFTER,
    clean: 0,
    lossy: 0,
    silent: true,
    // SNMPv1 has no GETBULK.
    bulk: {
      bytes: 0,
      mostBytes: BULK_MOST_BYTES,
      waitPolls: credentials.version === '1' ? Infinity : BULK_AFTER,
      nextWait: BULK_WAIT_POLLS,
      clean: 0,
      varbindBytes: VARBIND_BYTES,
    },
    requests: 0,
    resent: 0,
    byBulk: false,
  };
}

/** Takes in a round trip; of a request that one datagram was sent for (Karn's rule). Method: RFC 6298, section 2. */
export function tookMs(link: Link, ms: number): void {
  if (Number.isNaN(link.roundTripMs)) {
    link.roundTripMs = ms;
    link.deviationMs = ms / 2;
    return;
  }
  link.deviationMs += (Math.abs(ms - link.roundTripMs) - link.deviationMs) / 4;
  link.roundTripMs += (ms - link.roundTripMs) / 8;
}

/**
 * How long a request is waited for. The last try always has the whole time that the operator
 * gave; tries before it end sooner where the device is known to be faster.
 */
export function waitMs(link: Link, target: SnmpTarget, isLast: boolean): number {
  if (isLast || Number.isNaN(link.roundTripMs)) return target.timeoutMs;
  return Math.min(target.timeoutMs, Math.max(RESEND_MIN_MS, 2 * link.roundTripMs + 4 * link.deviationMs));
}

/** A request of so many objects was too large, or its answer was lost. */
export function shrink(link: Link, objects: number): void {
  link.oidsPerRequest = Math.max(1, Math.min(link.oidsPerRequest, Math.ceil(objects / 2)));
  link.growAfter = Math.min(GROW_AFTER_MOST, 2 * link.growAfter);
  link.clean = 0;
}

/** A poll in which everything came. */
export function wentWell(link: Link, byBulk: boolean): void {
  const { bulk } = link;
  link.lossy = 0;
  if (byBulk) {
    if (++bulk.clean >= BULK_GROW_AFTER) {
      bulk.clean = 0;
      bulk.mostBytes = Math.min(BULK_MOST_BYTES, bulk.mostBytes * 2);
    }
    bulk.bytes = Math.min(bulk.mostBytes, bulk.bytes * 2);
    bulk.nextWait = Math.max(BULK_WAIT_POLLS, bulk.nextWait / 2);
  } else if (bulk.bytes === 0 && link.oidsPerRequest === OIDS_PER_REQUEST && --bulk.waitPolls <= 0) {
    bulk.bytes = Math.min(bulk.mostBytes, BULK_FIRST_BYTES);
  }
  if (link.oidsPerRequest >= OIDS_PER_REQUEST || ++link.clean < link.growAfter) return;
  link.oidsPerRequest = Math.min(OIDS_PER_REQUEST, link.oidsPerRequest * 2);
  link.clean = 0;
}

/** A walk to the end of its subtree. */
export function walkedWell(link: Link): void {
  if (link.repetitions >= REPETITIONS || ++link.cleanWalks < GROW_WALKS_AFTER) return;
  link.cleanWalks = 0;
  link.repetitions = Math.min(REPETITIONS, 2 * link.repetitions);
}

/** GETBULK brought less than GET would have, or nothing: for a while not again, each time for longer. */
export function unlearnBulk(link: Link): void {
  const { bulk } = link;
  bulk.bytes = 0;
  bulk.waitPolls = bulk.nextWait;
  bulk.nextWait = Math.min(BULK_WAIT_MOST, bulk.nextWait * 4);
}

/** A large answer was lost or refused: it is asked for in smaller ones, or no longer by GETBULK at all. */
export function shrinkBulk(link: Link): void {
  const { bulk } = link;
  const half = bulk.bytes / 2;
  bulk.mostBytes = Math.max(BULK_FIRST_BYTES, half);
  if (half >= BULK_FIRST_BYTES) bulk.bytes = half;
  else unlearnBulk(link);
}

/** The agent ends its answers after so many octets. */
export function limitBulk(link: Link, bytes: number): void {
  link.bulk.mostBytes = bytes;
  link.bulk.bytes = Math.min(link.bulk.bytes, bytes);
}

/** A request of full size was lost while smaller ones came: once is chance, twice is the size. */
export function lostFull(link: Link): void {
  if (++link.lossy < 2) return;
  link.lossy = 0;
  shrink(link, link.oidsPerRequest);
}
