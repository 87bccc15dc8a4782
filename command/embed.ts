/** `saguaro embed create | list | revoke`: links that show one graph on pages of others. */
import type { EmbedCreated, EmbedInput, EmbedView } from '../core/embed.ts';
import { snippet, SNIPPET_KINDS, SNIPPET_NAMES, snippetNeeds, type SnippetParts } from '../core/embed-snippets.ts';
import { visible } from '../core/text.ts';
import { UsageError, type Args, type Command } from './command.ts';
import { wholeNumber } from './snmp-options.ts';
import { table } from './terminal.ts';

const embedCreate: Command = {
  words: ['embed', 'create'],
  summary: 'Make a link that shows one graph in a wiki, and say what to paste',
  operands: ['GRAPH'],
  about: [
    'GRAPH is the id of a graph: what stands after /graphs/ in the address of its page.',
    'The link is told this once only; what is kept is a hash of it. Whoever has the link sees this graph and nothing else.',
    'With --site browsers show it on the pages of those sites only. The link ends in .png, @2x.png, -dark.png, -dark@2x.png,\n' +
      '.svg or .html (a live frame).',
    'With --json: {"embed", "link", "alt", "snippet"}.',
  ],
  options: [
    { name: 'range', value: 'RANGE', help: 'what it shows: 24h, 7d, 2026-03; 24h by default' },
    { name: 'for', value: 'KIND', help: `text for ${SNIPPET_KINDS.join(', ')}; markdown by default` },
    { name: 'frame', value: null, help: 'a frame that refreshes itself instead of a picture' },
    { name: 'theme', value: 'THEME', help: 'light, dark or auto; auto by default, where the wiki can do that' },
    { name: 'width', value: 'PIXELS', help: '200 to 2000; 800 by default' },
    { name: 'height', value: 'PIXELS', help: '80 to 1000; 300 by default' },
    { name: 'title', value: 'TEXT', help: 'instead of the names of device and graph' },
    { name: 'owner', value: 'TEXT', help: 'whom readers ask when the graph is gone' },
    { name: 'site', value: 'SITE', help: 'https://wiki.example.org; may be given several times', many: true },
    { name: 'days', value: 'N', help: 'how long it works; until it is revoked by default' },
    { name: 'no-cache', value: null, help: 'for wikis that keep copies of pictures themselves' },
  ],
  examples: [
    'saguaro embed create traffic~k3v9x2~m4p7q1 --range 7d',
    'saguaro embed create board~links~1 --for mediawiki --site https://wiki.example.org --days 365',
  ],
  async run(context, args) {
    const kind = oneOf(args, 'for', SNIPPET_KINDS) ?? 'markdown';
    const theme = oneOf(args, 'theme', ['light', 'dark', 'auto'] as const) ?? 'auto';
    const body = inputOf(args);
    const api = await context.api();
    const made = await api.ask<EmbedCreated>({ method: 'POST', path: '/embeds', body });
    const parts = partsOf(made, theme, args.flag('frame'), body.noCache === true);
    const text = snippet(kind, parts);
    if (context.json) context.terminal.print(JSON.stringify({ ...made, snippet: text }));
    else {
      context.terminal.print(`${made.link}.png`);
      if (text !== null) context.terminal.print(`\n${SNIPPET_NAMES[kind]}:\n${text}`);
      const needs = snippetNeeds(kind, parts.form);
      if (needs !== '') context.terminal.say(needs);
      context.terminal.say(`The link is told this once only; it ends with: saguaro embed revoke ${made.embed.id}`);
    }
    return 0;
  },
};

const embedList: Command = {
  words: ['embed', 'list'],
  summary: 'List the embeds with their last use, without their links',
  operands: [],
  about: ['Those that were revoked or expired stay in the list for 90 days.', 'With --json: {"items", "nextCursor"}.'],
  options: [],
  examples: ['saguaro embed list', "saguaro embed list --json | jq -r '.items[] | select(.usedMs == null) | .id'"],
  async run(context) {
    const api = await context.api();
    const items = await api.all<EmbedView>('/embeds?limit=1000');
    if (context.json) context.terminal.print(JSON.stringify({ items, nextCursor: null }));
    else if (items.length === 0) context.terminal.print('There are no embeds yet; make one: saguaro embed create GRAPH');
    else context.terminal.print(table(['ID', 'STATE', 'TITLE', 'RANGE', 'SITES', 'LAST USED', 'ENDS', 'OWNER'], items.map(row)));
    return 0;
  },
};

const embedRevoke: Command = {
  words: ['embed', 'revoke'],
  summary: 'End an embed: its link shows nothing from now on',
  operands: ['ID'],
  about: ['ID is the one in saguaro embed list. Copies that browsers and proxies keep are gone within ten minutes.'],
  options: [],
  examples: ['saguaro embed revoke x7k2m9qa4b3c'],
  async run(context, args) {
    const id = args.positionals[0] ?? '';
    const api = await context.api();
    await api.ask({ method: 'DELETE', path: `/embeds/${encodeURIComponent(id)}` });
    context.terminal.print(
      context.json ? JSON.stringify({ revoked: id }) : `Revoked ${visible(id)}: its link shows nothing any more.`,
    );
    return 0;
  },
};

export const EMBED_COMMANDS: readonly Command[] = [embedCreate, embedList, embedRevoke];

function inputOf(args: Args): EmbedInput {
  const [range, title, owner] = [args.text('range'), args.text('title'), args.text('owner')];
  const [width, height] = [wholeNumber(args, 'width', 200, 2000), wholeNumber(args, 'height', 80, 1000)];
  const days = wholeNumber(args, 'days', 1, 3650);
  return {
    graph: args.positionals[0] ?? '',
    ...(range === undefined ? {} : { range }),
    ...(title === undefined ? {} : { title }),
    ...(owner === undefined ? {} : { owner }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(days === undefined ? {} : { days }),
    origins: [...args.texts('site')],
    noCache: args.flag('no-cache'),
  };
}

function partsOf(made: EmbedCreated, theme: SnippetParts['theme'], framed: boolean, noCache: boolean): SnippetParts {
  const { link, alt, embed } = made;
  const { width, height } = embed;
  const title = embed.title || alt.slice(0, Math.max(0, alt.indexOf(': '))) || 'Graph';
  return { link, alt, title, width, height, theme, form: framed ? 'frame' : 'image', noCache };
}

function oneOf<T extends string>(args: Args, name: string, words: readonly T[]): T | undefined {
  const text = args.text(name);
  const found = words.find((word) => word === text);
  if (text !== undefined && found === undefined) throw new UsageError(`--${name} ${text} is none of ${words.join(', ')}.`);
  return found;
}

function row({ id, state, title, graph, range, origins, usedMs, expiresMs, owner }: EmbedView): string[] {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const used = usedMs === null ? 'never' : `${new Date(usedMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return [
    id,
    state,
    title || graph,
    range,
    origins.join(' ') || 'anyone',
    used,
    expiresMs === null ? '–' : day(expiresMs),
    owner || '–',
  ];
}
