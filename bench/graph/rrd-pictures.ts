/** The same picture by rrdtool: its files from the same values, and the command that draws them. */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuSecondsOf } from '../store/usage.ts';
import { openPipe, type Programs } from '../store/rrd.ts';
import { GAP, SLOTS, STEP_MS, wavesOf, type Wave } from './data.ts';

const STEP_S = STEP_MS / 1000;
/** Values of a slot, so that it has a minimum, a mean and a maximum. */
const PARTS = 4;
/** A whole number of slots. */
const END_S = Math.floor(Date.UTC(2026, 2, 15, 12) / 1000 / STEP_S) * STEP_S;
const START_S = END_S - SLOTS * STEP_S;
/** Lines of values in one command. */
const UPDATE_VALUES = 400;

export interface RrdPictures {
  /** @returns CPU milliseconds of a picture, in steps of 10 ms over all of them, and bytes of the last; null where CPU cannot be read */
  draw(scale: 1 | 2, pictures: number): Promise<{ readonly ms: number | null; readonly bytes: number }>;
  close(): Promise<void>;
}

/** @throws Error with rrdtool's words */
export async function openRrdPictures(programs: Programs): Promise<RrdPictures> {
  // No disk is waited for: ours writes none.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'saguaro-rrd-'));
  const pipe = openPipe(programs, folder);
  const close = async () => {
    await pipe.close();
    rmSync(folder, { recursive: true });
  };
  try {
    const [into, out] = wavesOf(1);
    for (const [file, wave] of [
      ['in.rrd', into],
      ['out.rrd', out],
    ] as const) {
      const archives = ['AVERAGE', 'MIN', 'MAX'].map((kind) => `RRA:${kind}:0.5:${PARTS}:${SLOTS}`).join(' ');
      await pipe.ask(`create ${file} --step ${STEP_S / PARTS} --start ${START_S} DS:v:GAUGE:${STEP_S}:U:U ${archives}`);
      const values = valuesOf(wave);
      for (let i = 0; i < values.length; i += UPDATE_VALUES)
        await pipe.ask(`update ${file} ${values.slice(i, i + UPDATE_VALUES).join(' ')}`);
    }
  } catch (error) {
    await close();
    throw error;
  }
  let drawn = 0;
  return {
    async draw(scale, pictures) {
      const before = cpuSecondsOf(pipe.pid);
      for (let i = 0; i < pictures; i++) await pipe.ask(graphCommand(scale, `Transit ${++drawn}`));
      const after = cpuSecondsOf(pipe.pid);
      const ms = before === null || after === null ? null : ((after - before) * 1000) / pictures;
      return { ms, bytes: statSync(join(folder, 'picture.png')).size };
    },
    close,
  };
}

/** Four values a slot with its minimum, mean and maximum; unknown in the gap. */
function valuesOf({ min, mean, max }: Wave): string[] {
  return mean.flatMap((average, slot) => {
    const [least, most] = [min[slot] ?? average, max[slot] ?? average];
    const rest = (PARTS * average - least - most) / 2;
    const values = slot >= GAP.from && slot < GAP.to ? ['U', 'U', 'U', 'U'] : [least, most, rest, rest];
    return values.map((value, n) => `${START_S + slot * STEP_S + ((n + 1) * STEP_S) / PARTS}:${value}`);
  });
}

function graphCommand(scale: 1 | 2, title: string): string {
  const line = (name: 'in' | 'out', colour: string, fill: string, band: string) => {
    const sign = name === 'in' ? '' : ',-1,*';
    const file = `${name}.rrd`;
    return [
      ...['AVERAGE', 'MIN', 'MAX'].map((kind) => `DEF:${name}${kind}=${file}:v:${kind}`),
      `CDEF:${name}a=${name}AVERAGE${sign === '' ? ',1,*' : sign}`,
      `CDEF:${name}l=${name}MIN${sign === '' ? ',1,*' : sign}`,
      `CDEF:${name}s=${name}MAX,${name}MIN,-${sign}`,
      `VDEF:${name}p=${name}AVERAGE,95,PERCENTNAN`,
      `VDEF:${name}q=${name}a,${name === 'in' ? 95 : 5},PERCENTNAN`,
      `AREA:${name}a${fill}`,
      `AREA:${name}l`,
      `AREA:${name}s${band}::STACK`,
      `LINE1.5:${name}a${colour}:"${name} "`,
      `LINE1:${name}q#16201b::dashes=8,3`,
      ...[
        ['LAST', 'Current'],
        ['AVERAGE', 'Average'],
        ['MAXIMUM', 'Maximum'],
      ].flatMap(([way, words]) => [
        `VDEF:${name}${way}v=${name}${way === 'MAXIMUM' ? 'MAX' : 'AVERAGE'},${way}`,
        `GPRINT:${name}${way}v:"${words} %6.2lf %sb/s"`,
      ]),
      `GPRINT:${name}p:"95th %6.2lf %sb/s"`,
      `VDEF:${name}t=${name}AVERAGE,TOTAL`,
      `GPRINT:${name}t:"Total %6.2lf %sb\\l"`,
    ];
  };
  return [
    'graph picture.png -a PNG -D -w 800 -h 300',
    ...(scale === 2 ? ['--zoom 2'] : []),
    `-s ${START_S} -e ${END_S} -t "${title}" --slope-mode`,
    ...line('in', '#1d7350', '#d3e6dc', '#b3d5c4'),
    ...line('out', '#2b62bd', '#d8e3f5', '#b9cdef'),
    'HRULE:0#8b968e',
    'COMMENT:"data from Sun 15 Mar 11\\:59\\l"',
  ].join(' ');
}
