/** The source that asks devices over SNMP: what they have, and what their objects say now. */
import type { SnmpSecret, SnmpSource } from '../../core/model.ts';
import type { DiscoveryOutcome, PollOutcome } from '../../core/readings.ts';
import type { Asking, Source, Target } from '../source.ts';
import { diagnose } from './diagnose.ts';
import { failure } from './failures.ts';
import type { Profile } from './profile.ts';
import { paceOf, readingsOf, type Pace, type SetAnswer } from './reading.ts';
import type { Route } from './route.ts';
import { survey } from './survey.ts';
import type { SnmpCredentials, SnmpFailure, SnmpTarget, SnmpTransport } from './transport.ts';

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
  /** When the requests of each plan's last poll were answered. */
  const paces = new WeakMap<Route, Pace>();
  return {
    type: 'snmp',
    async discover(target, asking): Promise<DiscoveryOutcome> {
      const reached = snmpTarget(target);
      if ('ok' in reached) return reached;
      const outcome = await survey(transport, reached, profiles, asking);
      return outcome.ok ? outcome : diagnose(transport, reached, outcome, asking);
    },

    async poll(target, plan, asking): Promise<PollOutcome> {
      const reached = snmpTarget(target);
      if ('ok' in reached) return reached;
      const route = plan.route as Route;
      const answers = await askSets(transport, reached, route, asking);
      if ('ok' in answers) return answers;
      if (restartedMeanwhile(answers)) {
        return { ok: false, cause: 'restarted', text: `${target.address} restarted while it was being polled.` };
      }
      if (answers.every((answer) => answer.values.every((value) => value.type === 'absent')))
        return failure(reached, 'access denied');
      const readings = readingsOf(plan, route, answers, paces.get(route) ?? null, asking.epoch);
      const pace = paceOf(answers);
      if (pace) paces.set(route, pace);
      return readings;
    },

    close: () => transport.close(),
  };
}

/** Answers in the order of the sets; what is lost at the end is missing, what is lost first is a failure. */
async function askSets(
  transport: SnmpTransport,
  target: SnmpTarget,
  route: Route,
  asking: Asking,
): Promise<SetAnswer[] | SnmpFailure> {
  const answers: SetAnswer[] = [];
  for (const set of route.sets) {
    const outcome = await transport.get(target, set, asking);
    if (!outcome.ok) {
      if (answers.length === 0) return outcome;
      break;
    }
    answers.push({
      values: outcome.varbinds,
      monoMs: asking.clock.monoMs(),
      tMs: asking.clock.nowMs(),
      engine: outcome.engine,
      partial: outcome.partial,
    });
  }
  return answers;
}

/** Every set carries sysUpTime: one that does not follow from the first set's means a restart in between. */
function restartedMeanwhile(answers: readonly SetAnswer[]): boolean {
  const [first, ...others] = answers;
  const started = first?.values[0];
  if (!first || started?.type !== 'timeticks') return false;
  return others.some((answer) => {
    const ticks = answer.values[0];
    if (ticks?.type !== 'timeticks') return false;
    const byDeviceMs = ((ticks.value - started.value + TICKS_MODULUS) % TICKS_MODULUS) * TICK_MS;
    return Math.abs(byDeviceMs - (answer.monoMs - first.monoMs)) > UPTIME_SLACK_MS;
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
