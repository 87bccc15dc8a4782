/** Looks at a device through the profiles: which apply, which instances it has, what to poll. */
import { NO_FACTS, type DeviceFacts } from '../../core/model.ts';
import type { Plan } from '../../core/readings.ts';
import { failure } from './failures.ts';
import { indexBelow, SYS_CONTACT, SYS_DESCR, SYS_LOCATION, SYS_NAME, SYS_OBJECT_ID, SYS_UP_TIME } from './oid.ts';
import { createDraft } from './draft.ts';
import type { Profile } from './profile.ts';
import { rowsOf } from './rows.ts';
import type { SnmpAsking, SnmpFailure, SnmpTarget, SnmpTransport, SnmpValue } from './transport.ts';
import { numberOf, textOf } from './values.ts';

const WALK_DEADLINE_MS = 20_000;
const MAX_ROWS = 10_000;
/** Walks without any answer after which the device counts as gone. */
const MAX_LOST_WALKS = 2;
const SS_CPU_NUM_CPUS = '1.3.6.1.4.1.2021.11.67.0';
const HR_PROCESSOR_LOAD = '1.3.6.1.2.1.25.3.3.1.2';
const ABSENT: SnmpValue = { type: 'absent', value: 'noSuchObject' };

/** A subtree as index -> value. */
export type Column = ReadonlyMap<string, SnmpValue>;

/** What the survey may ask of the device; walks are made once. */
export interface Device {
  get(oid: string): SnmpValue;
  column(oid: string, maxRows: number): Promise<Column>;
  /** Whether a walked column has an end that was not seen. */
  cutOff(oid: string): boolean;
  readonly objectId: string;
  readonly processors: number | null;
}

class Gone extends Error {
  readonly failure: SnmpFailure;
  constructor(lost: SnmpFailure) {
    super(lost.text);
    this.failure = lost;
  }
}

/** What the device has. Fails only when it does not answer or shows nothing at all. */
export async function survey(
  transport: SnmpTransport,
  target: SnmpTarget,
  profiles: readonly Profile[],
  asking: SnmpAsking,
): Promise<({ readonly ok: true } & Plan) | SnmpFailure> {
  const facts = await readFacts(transport, target, asking);
  if ('ok' in facts) return facts;
  const scalars = new Map<string, SnmpValue>();
  const wanted = new Set<string>([SS_CPU_NUM_CPUS]);
  for (const profile of profiles) {
    for (const oid of profile.watch ?? []) wanted.add(oid);
    for (const group of profile.groups ?? []) for (const oid of Object.values(group.objects)) wanted.add(oid);
  }
  const answer = await transport.get(target, [...wanted], asking);
  if (!answer.ok) return answer;
  for (const varbind of answer.varbinds) scalars.set(varbind.oid, varbind);

  const notes: string[] = [];
  const incomplete = new Set<string>();
  const walked = new Map<string, Column>();
  let lostWalks = 0;
  let lost = false;
  const column = async (oid: string, maxRows: number): Promise<Column> => {
    const known = walked.get(oid);
    if (known) return known;
    const walk = await transport.walk(
      target,
      oid,
      { maxRows: Math.min(maxRows, MAX_ROWS), deadlineMs: WALK_DEADLINE_MS },
      asking,
    );
    const values = new Map<string, SnmpValue>();
    if (walk.ok) {
      for (const varbind of walk.varbinds) values.set(indexBelow(oid, varbind.oid) ?? '', varbind);
      if (!walk.complete) {
        notes.push(`Not everything was seen: ${walk.note}.`);
        incomplete.add(oid);
        lost ||= walk.lost;
      }
      lostWalks = 0;
    } else {
      if (asking.signal.aborted || ++lostWalks >= MAX_LOST_WALKS) throw new Gone(walk);
      notes.push(walk.text);
      incomplete.add(oid);
      lost = true;
    }
    walked.set(oid, values);
    return values;
  };

  try {
    let processors = numberOf(scalars.get(SS_CPU_NUM_CPUS) ?? ABSENT);
    const counted = profiles.some((profile) => profile.groups?.some((group) => group.metrics.some((metric) => metric.per)));
    if (counted && processors === null) processors = (await column(HR_PROCESSOR_LOAD, 1024)).size || null;
    const device: Device = {
      get: (oid) => scalars.get(oid) ?? ABSENT,
      column,
      cutOff: (oid) => incomplete.has(oid),
      objectId: facts.sysObjectId,
      processors: processors !== null && processors > 0 ? processors : null,
    };
    const draft = createDraft(device, notes);
    for (const fallback of [false, true]) {
      for (const profile of profiles) {
        for (const group of profile.groups ?? []) if ((group.fallback ?? false) === fallback) draft.addGroup(group);
        for (const table of profile.tables ?? []) {
          if ((table.fallback ?? false) !== fallback) continue;
          if (fallback && table.metrics.every((metric) => draft.has(metric.metric))) continue;
          const rows = await rowsOf(table, device, notes);
          const complete = !Object.values(table.objects).some((oid) => incomplete.has(oid));
          draft.addTable(table, rows, complete);
        }
      }
    }
    const watch = profiles.flatMap((profile) => profile.watch ?? []).filter((oid) => device.get(oid).type !== 'absent');
    return { ok: true, ...draft.finish(facts, watch), lost };
  } catch (error) {
    if (error instanceof Gone) return error.failure;
    throw error;
  }
}

async function readFacts(transport: SnmpTransport, target: SnmpTarget, asking: SnmpAsking): Promise<DeviceFacts | SnmpFailure> {
  const oids = [SYS_UP_TIME, SYS_DESCR, SYS_OBJECT_ID, SYS_CONTACT, SYS_NAME, SYS_LOCATION];
  const answer = await transport.get(target, oids, asking);
  if (!answer.ok) return answer;
  const [upTime, sysDescr, sysObjectId, sysContact, sysName, sysLocation] = answer.varbinds.map(textOf);
  if (answer.varbinds.every((varbind) => varbind.type === 'absent') || upTime === undefined)
    return failure(target, 'access denied');
  return {
    ...NO_FACTS,
    sysDescr: sysDescr ?? '',
    sysObjectId: sysObjectId ?? '',
    sysContact: sysContact ?? '',
    sysName: sysName ?? '',
    sysLocation: sysLocation ?? '',
  };
}
