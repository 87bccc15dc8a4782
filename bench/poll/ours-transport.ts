/** Saguaro's SNMP transport alone, asked as the SNMP source asks it. */
import { createSystemClock } from '../../collector/clock.ts';
import { createAnswers, slotsOf, TAG, type Answers } from '../../collector/snmp/answers.ts';
import { SYS_UP_TIME } from '../../collector/snmp/oid.ts';
import type { Question, SnmpTarget, SnmpTransport } from '../../collector/snmp/transport.ts';
import { createUdpTransport } from '../../collector/snmp/udp.ts';
import { COMMUNITY, eachAtMost, measure, V3, type ClientSpec, type Figures } from './client.ts';
import { counterAt, COUNTERS, COUNTERS_A_DEVICE, isDead, machineMs, valueAfter } from './fleet.ts';

const COLUMNS = Object.keys(COUNTERS).length;
/** Rows of ten counters that fit into one request beside sysUpTime. */
const ROWS_A_SET = 4;

/** What is asked, and where in it each of the 480 counters is. */
interface Asked {
  readonly question: Question;
  readonly slots: Int32Array;
}

/** Only GETs, of the same objects as every other client. */
function plainQuestion({ objects, perRequest }: ClientSpec): Asked {
  const sets = Array.from({ length: Math.ceil(objects.length / perRequest) }, (_, i) =>
    objects.slice(i * perRequest, (i + 1) * perRequest),
  );
  return { question: { sets, rows: [] }, slots: Int32Array.from(objects, (_, i) => i) };
}

/** As the collector lays it out: rows kept together, sysUpTime with each request. */
function laidOutQuestion({ objects }: ClientSpec): Asked {
  const sets: string[][] = [];
  const rows: (readonly [number, number])[] = [];
  const slots = new Int32Array(objects.length);
  for (let at = 0; at < objects.length; at += COLUMNS) {
    if (sets.length === 0 || (sets.at(-1)?.length ?? 0) > (ROWS_A_SET - 1) * COLUMNS + 1) sets.push([SYS_UP_TIME]);
    const slot = sets.reduce((sum, set) => sum + set.length, 0);
    rows.push([slot, COLUMNS]);
    for (let i = 0; i < COLUMNS; i++) slots[at + i] = slot + i;
    sets.at(-1)?.push(...objects.slice(at, at + COLUMNS));
  }
  return { question: { sets, rows }, slots };
}

export function createTransport(): SnmpTransport {
  const clock = createSystemClock();
  return createUdpTransport({ clock });
}

export function targetsOf({ addresses, port, timeoutMs, retries, version }: ClientSpec): SnmpTarget[] {
  const credentials =
    version === '2c'
      ? ({ version, community: COMMUNITY } as const)
      : ({
          version,
          user: V3.user,
          auth: { protocol: 'sha', key: V3.authKey },
          priv: { protocol: 'aes', key: V3.privKey },
        } as const);
  return addresses.map((address) => ({ address, port, timeoutMs, retries, credentials }));
}

/** How many of the counters came. */
function countCounters({ tags }: Answers, slots: Int32Array): number {
  let there = 0;
  for (const slot of slots) if (tags[slot] === TAG.counter64 || tags[slot] === TAG.counter32) there++;
  return there;
}

/**
 * Every value must be what the responder's formula gives for some moment between asking and now.
 * @throws Error naming the first that is not
 */
function verify(answers: Answers, slots: Int32Array, address: string, fromMs: number, toMs: number): void {
  slots.forEach((slot, place) => {
    const { port, counter } = counterAt(place);
    const value = (BigInt(answers.words[2 * slot + 1] ?? 0) << 32n) | BigInt(answers.words[2 * slot] ?? 0);
    if (value < valueAfter(address, port, counter, fromMs) || value > valueAfter(address, port, counter, toMs)) {
      throw new Error(`${counter.column}.${port} of ${address} is ${value}, which it cannot have said`);
    }
  });
}

/**
 * Polls all devices again and again, so many at once.
 * @param bulk asks as the collector does, and begins to measure once GETBULK is learnt
 * @param startMs of the responder, by `machineMs`
 * @throws Error when a value is wrong or one is missing: such figures say nothing
 */
export async function benchTransport(spec: ClientSpec, bulk: boolean, startMs: number): Promise<Figures> {
  const transport = createTransport();
  const targets = targetsOf(spec);
  const { question, slots } = bulk ? laidOutQuestion(spec) : plainQuestion(spec);
  const rooms: Answers[] = [];
  const asking = { clock: createSystemClock(), signal: new AbortController().signal };
  let checked = false;
  const cycle = async () => {
    let [varbinds, failed] = [0, 0];
    await eachAtMost(spec.inFlight, targets, async (target) => {
      const room = rooms.pop() ?? createAnswers(slotsOf(question));
      const fromMs = machineMs() - startMs;
      const outcome = await transport.poll(target, question, room, asking);
      if (!outcome.ok || outcome.partial) failed++;
      else {
        varbinds += countCounters(room, slots);
        if (!checked) verify(room, slots, target.address, fromMs, machineMs() - startMs + 1);
      }
      rooms.push(room);
    });
    checked = true;
    return { varbinds, failed };
  };
  if (bulk) for (let i = 0; i < 5; i++) await cycle();
  const figures = await measure(spec.cycles, cycle);
  const bulkLearnt = targets.filter((target) => transport.manner(target)?.bulk).length;
  await transport.close();
  const living = targets.filter(({ address }) => !isDead(address)).length;
  const wanted = spec.cycles * living * COUNTERS_A_DEVICE;
  if (figures.varbinds !== wanted) throw new Error(`${figures.varbinds} values came instead of ${wanted}`);
  // Where the machine stood still for a moment, a device may be asked by GET again for a while.
  if (bulk && bulkLearnt < living / 2) throw new Error(`GETBULK was learnt of ${bulkLearnt} devices only`);
  return figures;
}

export interface DeadFigures {
  /** From the start of all polls to the end of the last. */
  readonly wallMs: number;
  /** To the end of the last poll of a device that lives. */
  readonly liveMs: number;
  readonly cpuSeconds: number;
  readonly failed: number;
}

/** One cycle, every device asked at once: how long the dead hold it up. */
export async function benchDead(spec: ClientSpec): Promise<DeadFigures> {
  const transport = createTransport();
  const { question, slots } = laidOutQuestion(spec);
  const asking = { clock: createSystemClock(), signal: new AbortController().signal };
  const cycle = async (): Promise<DeadFigures> => {
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    let [liveMs, failed] = [0, 0];
    await Promise.all(
      targetsOf(spec).map(async (target) => {
        const room = createAnswers(slotsOf(question));
        const outcome = await transport.poll(target, question, room, asking);
        if (outcome.ok !== !isDead(target.address)) throw new Error(`${target.address} is not what its address says`);
        if (!outcome.ok) {
          failed++;
          return;
        }
        if (countCounters(room, slots) !== COUNTERS_A_DEVICE) throw new Error(`${target.address} did not give everything`);
        liveMs = Math.max(liveMs, performance.now() - startMs);
      }),
    );
    const { user, system } = process.cpuUsage(cpu);
    return { wallMs: performance.now() - startMs, liveMs, cpuSeconds: (user + system) / 1e6, failed };
  };
  // The first one is a cold start, with code that is not compiled yet; it counts for nobody.
  await cycle();
  const figures = await cycle();
  await transport.close();
  return figures;
}
