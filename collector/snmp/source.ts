/** The source that asks devices over SNMP: what they have, and what their objects say now. */
import type { SnmpSecret, SnmpSource } from '../../core/model.ts';
import type { DiscoveryOutcome, Plan, PollOutcome, Readings } from '../../core/readings.ts';
import type { Source, Target } from '../source.ts';
import { clearAnswers, createAnswers, isThere, slotsOf, type Answers } from './answers.ts';
import { diagnose } from './diagnose.ts';
import { failure } from './failures.ts';
import { SYS_UP_TIME } from './oid.ts';
import type { Profile } from './profile.ts';
import { createRoom, paceOf, readingsOf, type Pace, type Room } from './reading.ts';
import type { Route } from './route.ts';
import { createSharing } from './sharing.ts';
import { survey } from './survey.ts';
import type { Question, SnmpCredentials, SnmpFailure, SnmpTarget, SnmpTransport } from './transport.ts';

const UP_TIME: readonly string[] = [SYS_UP_TIME];
const TICK_MS = 10;
const TICKS_MODULUS = 2 ** 32;
/** sysUpTime of many devices moves in steps of seconds. */
const UPTIME_SLACK_MS = 5_000;

interface SnmpSourceParts {
  readonly transport: SnmpTransport;
  readonly profiles: readonly Profile[];
}

/** SNMP behind the shape of every source. The transport is closed with it. */
export function createSnmpSource({ transport, profiles }: SnmpSourceParts): Source {
  /** When the requests of each device's last poll were answered: kept over a new discovery that asks the same. */
  const paces = new Map<string, { readonly question: Question; readonly pace: Pace }>();
  const sharing = createSharing();
  const rooms = createStock(createAnswers);
  const readingRooms = createStock(createRoom);
  /** Which room readings that are out there are in. */
  const lent = new WeakMap<Readings, Room>();
  /** Rates are exact whatever else is kept: what devices have in common is kept once. */
  const shared = (plan: Plan): Plan => {
    const route = plan.route as Route;
    return {
      ...plan,
      columns: sharing.one(plan.columns),
      covers: sharing.one(plan.covers),
      notes: sharing.one(plan.notes),
      route: {
        ...route,
        question: sharing.one(route.question),
        recipes: sharing.one(route.recipes),
        checks: sharing.one(route.checks),
        capacities: sharing.one(route.capacities),
      },
    };
  };
  return {
    type: 'snmp',
    async discover(target, asking): Promise<DiscoveryOutcome> {
      const reached = snmpTarget(target);
      if ('ok' in reached) return reached;
      const outcome = await survey(transport, reached, profiles, asking);
      return outcome.ok ? { ok: true, ...shared(outcome) } : diagnose(transport, reached, outcome, asking);
    },

    async poll(target, plan, asking): Promise<PollOutcome> {
      const reached = snmpTarget(target);
      if ('ok' in reached) return reached;
      const route = plan.route as Route;
      const answers = rooms.take(slotsOf(route.question));
      try {
        const outcome = await transport.poll(reached, route.question, answers, asking);
        if (!outcome.ok) return outcome;
        if (restartedMeanwhile(answers)) {
          return { ok: false, cause: 'restarted', text: `${target.address} restarted while it was being polled.` };
        }
        if (!answers.tags.some((_, slot) => isThere(answers, slot))) return failure(reached, 'access denied');
        const place = `${target.address} ${reached.port}`;
        const known = paces.get(place);
        const before = known?.question === route.question ? known.pace : null;
        const pace = paceOf(route.question, answers, outcome.waitedMs, before);
        const room = readingRooms.take(plan.columns.length);
        const readings = readingsOf(plan, route, outcome, answers, pace, before, asking.epoch, room);
        lent.set(readings, room);
        if (paces.size >= PACES_MAX) paces.clear();
        paces.set(place, { question: route.question, pace });
        return readings;
      } finally {
        clearAnswers(answers);
        rooms.giveBack(answers, answers.tags.length);
      }
    },

    async reach(target, asking) {
      const reached = snmpTarget(target);
      if ('ok' in reached) return reached;
      const answer = await transport.get({ ...reached, retries: 0 }, UP_TIME, asking);
      return answer.ok ? { ok: true } : answer;
    },

    about(target) {
      const reached = snmpTarget(target);
      return 'ok' in reached ? null : transport.manner(reached);
    },

    recycle(readings) {
      const room = lent.get(readings);
      if (!room) return;
      lent.delete(readings);
      readingRooms.giveBack(room, room.state.length);
    },

    counts: () => transport.counts(),
    close: () => transport.close(),
  };
}

const PACES_MAX = 50_000;
const STOCK_MAX = 512;

/** Things of a size that are used again and again: of polls in flight, the room for what comes. */
function createStock<T>(create: (size: number) => T) {
  const free = new Map<number, T[]>();
  let kept = 0;
  return {
    take(size: number): T {
      const one = free.get(size)?.pop();
      if (one === undefined) return create(size);
      kept--;
      return one;
    },
    giveBack(one: T, size: number): void {
      if (kept >= STOCK_MAX) {
        free.clear();
        kept = 0;
      }
      const list = free.get(size);
      if (list) list.push(one);
      else free.set(size, [one]);
      kept++;
    },
  };
}

/** Every request carries sysUpTime: one that does not follow from the first one's means a restart in between. */
function restartedMeanwhile({ upTicks, monoMs }: Answers): boolean {
  const [started = NaN] = upTicks;
  const [firstMs = NaN] = monoMs;
  return upTicks.some((ticks, i) => {
    // NaN compares as false: who does not say cannot be told apart.
    const byDeviceMs = ((ticks - started + TICKS_MODULUS) % TICKS_MODULUS) * TICK_MS;
    return Math.abs(byDeviceMs - ((monoMs[i] ?? NaN) - firstMs)) > UPTIME_SLACK_MS;
  });
}

function snmpTarget(target: Target): SnmpTarget | SnmpFailure {
  const { spec } = target;
  if (spec.type !== 'snmp') throw new TypeError(`the SNMP source was given a ${spec.type} target`);
  const credentials = credentialsOf(spec, target.secret ?? {});
  const base = { address: target.address, port: spec.port, timeoutMs: spec.timeoutMs, retries: spec.retries };
  if (typeof credentials !== 'string') return { ...base, credentials };
  return failure({ ...base, credentials: { version: '2c', community: '' } }, 'bad credentials', credentials);
}

/** Credentials, or why they are not complete. */
function credentialsOf(spec: SnmpSource, secret: SnmpSecret): SnmpCredentials | string {
  if (spec.version !== '3') {
    return secret.community === undefined || secret.community === ''
      ? 'the community is missing'
      : { version: spec.version, community: secret.community };
  }
  if (spec.user === null || spec.user === '') return 'the SNMPv3 user is missing';
  if (spec.priv && !spec.auth) return 'privacy needs authentication';
  if (spec.auth && !secret.authKey) return 'the authentication key is missing';
  if (spec.priv && !secret.privKey) return 'the privacy key is missing';
  // RFC 3414 asks for eight characters, and agents refuse less.
  if ((spec.auth && (secret.authKey ?? '').length < 8) || (spec.priv && (secret.privKey ?? '').length < 8)) {
    return 'SNMPv3 keys have at least 8 characters';
  }
  const auth = spec.auth ? { protocol: spec.auth, key: secret.authKey ?? '' } : null;
  const priv = spec.priv ? { protocol: spec.priv, key: secret.privKey ?? '' } : null;
  return { version: '3', user: spec.user, auth, priv };
}
