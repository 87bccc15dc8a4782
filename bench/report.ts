/** What a benchmark found, for people as a table and for programs as the last line. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Goal {
  readonly name: string;
  /** Null: it could not be measured here. */
  readonly value: number | null;
  readonly goal: number;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly met: boolean;
}

export interface Report {
  readonly bench: string;
  readonly goals: readonly Goal[];
  /** Figures of each peer, or why it was not measured. */
  readonly peers: Readonly<Record<string, unknown>>;
}

type Goals = Record<string, Record<string, { goal: number; unit: string; better: 'higher' | 'lower' }>>;

/** Holds measured values against the goals of goals.json. @throws Error for a bench without goals */
export function judge(bench: string, values: Readonly<Record<string, number | null>>): Goal[] {
  const goals = (JSON.parse(readFileSync(join(import.meta.dirname, 'goals.json'), 'utf8')) as Goals)[bench];
  if (!goals) throw new Error(`goals.json has no goals for ${bench}`);
  return Object.entries(goals).map(([name, { goal, unit, better }]) => {
    const value = values[name] ?? null;
    const met = value !== null && (better === 'higher' ? value >= goal : value <= goal);
    return { name, value, goal, unit, better, met };
  });
}

/** A table, then one JSON object on the last line. */
export function print(report: Report): void {
  const rows = report.goals.map(({ name, value, goal, unit, better, met }) => [
    name,
    value === null ? 'missing' : String(value),
    `${better === 'lower' ? '≤' : '≥'} ${goal}`,
    unit,
    met ? 'met' : 'not met',
  ]);
  const table = [['', 'measured', 'goal', 'unit', ''], ...rows];
  const widths = table[0]?.map((_, i) => Math.max(...table.map((row) => row[i]?.length ?? 0))) ?? [];
  for (const row of table)
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  for (const [peer, figures] of Object.entries(report.peers))
    console.log(`${peer}: ${typeof figures === 'string' ? figures : JSON.stringify(figures)}`);
  console.log(JSON.stringify(report));
}

/** The middle value; of an even number the lower one of both middles. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
}
