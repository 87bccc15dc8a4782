/**
 * Profiles: YAML files that say which objects a kind of device has and what they measure.
 * The format is documented by one annotated example in docs/profiles.md.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Type, type Static } from 'typebox';
import { Errors } from 'typebox/value';
import { isMap, isNode, isPair, LineCounter, parseDocument, type Document } from 'yaml';
import { UNITS } from '../../core/model.ts';

const Oid = Type.String({ pattern: '^[012](\\.(0|[1-9][0-9]{0,9})){1,126}$' });
const Name = Type.String({ minLength: 1, maxLength: 64 });
const Names = Type.Array(Name, { minItems: 1, maxItems: 64 });
const strict = { additionalProperties: false };

const Capacity = Type.Object(
  {
    from: Name,
    scale: Type.Optional(Type.Number()),
    times: Type.Optional(Name),
    /** Smaller values are too coarse: a later entry counts, if there is one that knows. */
    atLeast: Type.Optional(Type.Number()),
    /** Values by which agents say that they do not know. */
    unknown: Type.Optional(Type.Array(Type.Number())),
    /** The same, but only from agents below this sysObjectID. */
    unknownFrom: Type.Optional(Type.Object({ agent: Oid, values: Type.Array(Type.Number()) }, strict)),
  },
  strict,
);

const Metric = Type.Object(
  {
    metric: Type.String({ pattern: '^[a-z][a-z0-9]*\\.[a-z][a-z0-9_]*$' }),
    unit: Type.Enum([...UNITS]),
    form: Type.Optional(Type.Enum(['gauge', 'counter'])),
    scale: Type.Optional(Type.Number()),
    /** Alternatives: the first that the row has. */
    from: Type.Optional(Names),
    /** All of these, added or subtracted: "+memTotalReal". */
    sum: Type.Optional(Type.Array(Type.String({ pattern: '^[+-].+' }), { minItems: 1, maxItems: 16 })),
    /** An object whose value at discovery multiplies the scale. */
    times: Type.Optional(Name),
    /** Divides the scale by the number of processors. */
    per: Type.Optional(Type.Enum(['processor'])),
    enum: Type.Optional(Type.Record(Type.String(), Type.Number())),
    /** Negative numbers are 32-bit numbers that overflowed: 2^32 is added. */
    unsigned: Type.Optional(Type.Boolean()),
    /** Rates above 110 % of the instance's capacity are a fault of the device. */
    limit: Type.Optional(Type.Enum(['capacity'])),
    /** The same with a fixed figure, in the metric's unit. */
    max: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    /** Besides one value a row: the mean of all rows, under this key. */
    mean: Type.Optional(Type.String({ minLength: 1 })),
  },
  strict,
);

const shared = {
  kind: Type.String({ pattern: '^[a-z][a-z0-9]*$' }),
  objects: Type.Record(Type.String(), Oid),
  /** Used only for metrics that nothing else of the device gives. */
  fallback: Type.Optional(Type.Boolean()),
  capacity: Type.Optional(Type.Array(Capacity)),
  metrics: Type.Array(Metric, { minItems: 1, maxItems: 64 }),
};

const Group = Type.Object(shared, strict);

const Table = Type.Object(
  {
    ...shared,
    /** Candidates, objects joined by "+"; each row takes the first that is present and unique. */
    key: Type.Optional(Names),
    /** Instead of key: this word and a running number. */
    numbered: Type.Optional(Name),
    /** Instead of key: the first row kept is the only instance, under the kind's name. */
    single: Type.Optional(Type.Boolean()),
    name: Type.Optional(Names),
    alias: Type.Optional(Name),
    keep: Type.Optional(
      Type.Array(
        Type.Object(
          {
            object: Name,
            in: Type.Optional(Type.Array(Type.Union([Type.String(), Type.Number()]))),
            not: Type.Optional(Type.Array(Type.Union([Type.String(), Type.Number()]))),
            unlike: Type.Optional(Type.String()),
          },
          strict,
        ),
      ),
    ),
    /** Asked together with the counters; another value than at discovery means another instance. */
    verify: Type.Optional(Names),
    discontinuity: Type.Optional(Name),
    maxRows: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  },
  strict,
);

const Profile = Type.Object(
  {
    profile: Name,
    about: Type.Optional(Type.String()),
    /** Scalars that change when rows come, go or move. */
    watch: Type.Optional(Type.Array(Oid)),
    groups: Type.Optional(Type.Array(Group)),
    tables: Type.Optional(Type.Array(Table)),
  },
  strict,
);
export type Profile = Static<typeof Profile>;
export type ProfileGroup = Static<typeof Group>;
export type ProfileTable = Static<typeof Table>;
export type ProfileMetric = Static<typeof Metric>;
export type ProfileCapacity = Static<typeof Capacity>;

/** Every fault of a profile file, one sentence a line, each with file, line and key. */
export class ProfileError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ProfileError';
    this.problems = problems;
  }
}

const KEYS: readonly string[] = [Profile, Group, Table, Metric, Capacity].flatMap((schema) => Object.keys(schema.properties));

/**
 * Reads the profiles of folders, by file name; a file in a later folder replaces the one of
 * the same name. A folder that does not exist holds none.
 * @throws ProfileError when a file is not a valid profile
 */
export function loadProfiles(folders: readonly string[]): Profile[] {
  const paths = new Map<string, string>();
  for (const folder of folders) {
    for (const file of filesOf(folder)) paths.set(basename(file), join(folder, file));
  }
  const problems: string[] = [];
  const profiles: Profile[] = [];
  for (const [, path] of [...paths].sort(([a], [b]) => (a < b ? -1 : 1))) {
    try {
      profiles.push(parseProfile(readFileSync(path, 'utf8'), path));
    } catch (error) {
      if (!(error instanceof ProfileError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ProfileError(problems);
  return profiles;
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => /\.ya?ml$/.test(file) && !file.startsWith('.'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`The profile folder ${folder} cannot be read.`, { cause: error });
  }
}

/**
 * One profile from its text.
 * @param file name used in error texts
 * @throws ProfileError
 */
export function parseProfile(text: string, file: string): Profile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    throw new ProfileError(document.errors.map((error) => `${at(error.pos[0])}: ${error.message.split('\n')[0] ?? ''}`));
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  const errors = Errors(Profile, value);
  if (errors.length > 0) {
    const problems = errors.flatMap((error) => {
      const path = error.instancePath.split('/').slice(1);
      // An unknown key is reported twice: once by its object, once by itself.
      if (error.keyword === 'additionalProperties') return [];
      const key = path.at(-1) ?? '';
      const where = at(offsetOf(document, path));
      if (error.keyword === 'boolean') return [`${where}: unknown key "${key}"${suggestion(key)}.`];
      return [`${where}: ${path.join('.') || 'the file'} ${explain(error)}.`];
    });
    throw new ProfileError([...new Set(problems)]);
  }
  const profile = value as Profile;
  const problems = checkNames(profile).map(({ path, text: said }) => `${at(offsetOf(document, path))}: ${said}`);
  if (problems.length > 0) throw new ProfileError(problems);
  return profile;
}

function explain(error: { keyword: string; message: string; params: unknown }): string {
  const params = error.params as { allowedValues?: unknown[] };
  return error.keyword === 'enum' && params.allowedValues ? `must be one of ${params.allowedValues.join(', ')}` : error.message;
}

/** Where a path begins in the text: its key if it is in a map, else the nearest node above. */
function offsetOf(document: Document, path: readonly string[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const steps = path.slice(0, depth).map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    const parent = document.getIn(steps.slice(0, -1), true);
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isNode(item.key) && String(item.key) === path[depth - 1]);
      if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node = document.getIn(steps, true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

interface Complaint {
  readonly path: readonly string[];
  readonly text: string;
}

/** Names of objects that are used must be defined, and each metric says where it comes from. */
function checkNames(profile: Profile): Complaint[] {
  const found: Complaint[] = [];
  // A group is a table without rows: what only tables have is absent there.
  const parts: { readonly part: ProfileTable; readonly path: readonly string[]; readonly table: boolean }[] = [
    ...(profile.groups ?? []).map((part, i) => ({ part, path: ['groups', String(i)], table: false })),
    ...(profile.tables ?? []).map((part, i) => ({ part, path: ['tables', String(i)], table: true })),
  ];
  for (const { part, path, table } of parts) {
    const say = (at: readonly string[], text: string) => found.push({ path: [...path, ...at], text });
    const need = (name: string, at: readonly string[]) => {
      if (part.objects[name] === undefined)
        say(at, `no object is named "${name}"${suggestion(name, Object.keys(part.objects))}.`);
    };
    part.metrics.forEach((metric, i) => {
      const at = ['metrics', String(i)];
      if ((metric.from === undefined) === (metric.sum === undefined)) say(at, `${metric.metric} needs either from or sum.`);
      if (!metric.metric.startsWith(`${part.kind}.`)) say(at, `${metric.metric} does not belong to the kind "${part.kind}".`);
      metric.from?.forEach((name) => need(name, [...at, 'from']));
      metric.sum?.forEach((term) => need(term.slice(1), [...at, 'sum']));
      if (metric.form === 'counter' && metric.sum?.some((term) => term.startsWith('-'))) {
        say([...at, 'sum'], 'counters can only be added.');
      }
      if (metric.times !== undefined) need(metric.times, [...at, 'times']);
    });
    part.capacity?.forEach((capacity, i) => {
      need(capacity.from, ['capacity', String(i), 'from']);
      if (capacity.times !== undefined) need(capacity.times, ['capacity', String(i), 'times']);
    });
    if (!table) continue;
    if ([part.key, part.numbered, part.single].filter((way) => way !== undefined).length !== 1) {
      say([], 'a table needs exactly one of key, numbered and single.');
    }
    for (const list of ['key', 'name'] as const) {
      part[list]?.forEach((entry) => entry.split('+').forEach((name) => need(name, [list])));
    }
    if (part.alias !== undefined) need(part.alias, ['alias']);
    if (part.discontinuity !== undefined) need(part.discontinuity, ['discontinuity']);
    part.verify?.forEach((name) => need(name, ['verify']));
    part.keep?.forEach((rule, i) => {
      need(rule.object, ['keep', String(i), 'object']);
      try {
        if (rule.unlike !== undefined) new RegExp(rule.unlike, 'u');
      } catch {
        say(['keep', String(i), 'unlike'], 'this is not a regular expression.');
      }
    });
  }
  return found;
}

function suggestion(key: string, known: readonly string[] = KEYS): string {
  const near = known
    .map((word) => ({ word, distance: editDistance(key.toLowerCase(), word.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near && near.distance <= Math.max(2, Math.floor(key.length / 3)) ? `; did you mean "${near.word}"` : '';
}

/** Levenshtein distance; words here are short. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
