/** `saguaro report`: the monthly capacity reports that are kept, and that of the last month made now. */
import { writeFile } from 'node:fs/promises';
import { reportTables, type CapacityReport } from '../core/capacity-report.ts';
import { moment, monthName } from '../core/moments.ts';
import type { Api } from './api.ts';
import { Refusal, UsageError, type Command, type Context } from './command.ts';
import { stillMade } from './forecast-list.ts';
import { table } from './terminal.ts';

const FORMS = ['pdf', 'html'] as const;

/** What `/capacity/reports` answers. */
interface Kept {
  readonly months: readonly string[];
  readonly last: { readonly id: string; readonly month: string };
}

export const report: Command = {
  words: ['report'],
  summary: 'List the monthly capacity reports, or print one: what fills first, what changed, which forecasts were wrong',
  operands: ['[MONTH]'],
  about: [
    'Without MONTH: the months of which a report is kept. MONTH is one of them, such as 2026-10, or now: the report of the last month\n' +
      'from what is known now, which is not kept (docs/capacity.md).',
    'With --json: {"months", "last": {"id", "month"}}, or the report as /api/v1/capacity/reports/MONTH has it.',
  ],
  options: [
    { name: 'pdf', value: 'FILE', help: 'write the report as PDF; - for standard output' },
    { name: 'html', value: 'FILE', help: 'write the report as a page; - for standard output' },
  ],
  examples: ['saguaro report', 'saguaro report now', 'saguaro report 2026-10 --pdf capacity.pdf'],
  async run(context, args) {
    const [month] = args.positionals;
    const files = FORMS.flatMap((form) => args.texts(form).map((file) => ({ form, file })));
    if (month === undefined && files.length > 0)
      throw new UsageError(`--${files[0]?.form ?? 'pdf'} needs a month: saguaro report 2026-10, or saguaro report now.`);
    if (files.length > 0 && context.json) throw new UsageError('Give either --json, or a file with --pdf or --html.');
    if (files.filter(({ file }) => file === '-').length > 1) throw new UsageError('Only one of --pdf and --html can be -.');
    const api = await context.api();
    const kept = await api.ask<Kept>({ method: 'GET', path: '/capacity/reports' });
    const { print } = context.terminal;
    if (month === undefined) {
      print(context.json ? JSON.stringify(kept) : listText(kept));
      return 0;
    }
    if (month !== 'now' && !kept.months.includes(month))
      throw new Refusal(
        `There is no capacity report of ${JSON.stringify(month)}: saguaro report lists those that are kept, and saguaro report now makes that of ${kept.last.month}.`,
      );
    const found = await whole(context, api, month);
    for (const { form, file } of files) {
      const bytes = await api.file(`/capacity/reports/${month}.${form}`);
      if (file === '-') context.terminal.write(bytes);
      else await written(file, bytes);
    }
    if (files.length === 0) print(context.json ? JSON.stringify(found) : reportText(found));
    return 0;
  },
};

/** Asked again as long as more of its forecasts are ready at every look. */
async function whole(context: Context, api: Api, month: string): Promise<CapacityReport> {
  let missing = Infinity;
  for (;;) {
    const found = await api.ask<CapacityReport>({ method: 'GET', path: `/capacity/reports/${month}` });
    const { waiting = 0 } = found;
    if (waiting === 0 || waiting >= missing) return found;
    context.terminal.say(stillMade(waiting));
    missing = waiting;
  }
}

function listText({ months, last }: Kept): string {
  const rows = months.map((id) => [id, monthName(id)]);
  const now = months.includes(last.id)
    ? `That of ${last.month}, the last month, is kept; saguaro report now makes it anew from what is known now.`
    : `That of ${last.month}, the last month, is not kept; saguaro report now makes it from what is known now.`;
  return [rows.length > 0 ? table(['MONTH', 'REPORT'], rows) : 'No report is kept yet.', now].join('\n');
}

function reportText(found: CapacityReport): string {
  const parts = reportTables(found).map(({ title, heads, lines, none }) => {
    const upper = heads.map((head) => head.toUpperCase());
    return `${title}\n${lines.length > 0 ? table(upper, lines) : none}`;
  });
  const made = `Capacity, ${found.month}. Made ${moment(found.madeMs, found.zone)}. Times in ${found.zone}.`;
  return [[made, ...found.notes].join('\n'), ...parts].join('\n\n');
}

async function written(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(file, bytes);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new Refusal(
      code === 'ENOENT' ? `There is no folder for ${file}.` : `${file} cannot be written (${code ?? String(cause)}).`,
      { cause },
    );
  }
}
