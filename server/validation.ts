/** Checks requests against their TypeBox schemas and says in words what is wrong with them. */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { cap, nearest, visible } from '../core/text.ts';
import { HttpProblem, quoted, type FieldErrors } from './problem.ts';

interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly anyOf?: readonly SchemaNode[];
}
interface Finding {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly params: object;
}

const PLACES: Readonly<Record<string, string>> = {
  body: 'the body',
  querystring: 'the query',
  params: 'the address',
  headers: 'the headers',
};
const ERRORS_SHOWN = 10;

/**
 * Bodies are taken as they are; what comes as text (query, path) is first read as the number,
 * boolean or list its schema asks for. Unknown keys are errors where a schema says so.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema);
  const textual = httpPart !== 'body';
  return (input: unknown) => {
    const value = textual ? read(input, schema) : input;
    if (check.Check(value)) return { value };
    return { error: refuse(check.Errors(value), value, schema, httpPart ?? 'body') };
  };
};

function read(input: unknown, schema: SchemaNode): unknown {
  if (typeof input !== 'object' || input === null) return input;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(input)) out[key] = readOne(value, schema.properties?.[key]?.type);
  return out;
}

function readOne(value: unknown, type: string | undefined): unknown {
  if (type === 'array') return Array.isArray(value) ? value : [value];
  if (typeof value !== 'string') return value;
  if ((type === 'integer' || type === 'number') && /^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

function refuse(found: readonly Finding[], value: unknown, schema: SchemaNode, part: string): HttpProblem {
  const place = PLACES[part] ?? part;
  if (value === undefined || value === null)
    return new HttpProblem(400, `${upper(place)} is missing: a JSON object is expected.`);
  const errors: FieldErrors = [];
  // A misspelt key explains why another is missing.
  const ordered = [...found].sort(
    (a, b) => Number(b.keyword === 'additionalProperties') - Number(a.keyword === 'additionalProperties'),
  );
  for (const finding of ordered) {
    if (finding.keyword === 'boolean' || !tells(finding, ordered, schema)) continue;
    for (const error of explain(finding, schema)) if (errors.length < ERRORS_SHOWN) errors.push(error);
  }
  const first = errors[0];
  const detail = first ? `${first.path ? `${quoted(first.path)} ` : ''}${first.message}` : 'does not have the expected form';
  const sentence = first?.path ? `In ${place}, ${detail}` : `${upper(place)} ${detail}`;
  return new HttpProblem(400, sentence.endsWith('?') ? sentence : `${sentence}.`, errors);
}

/**
 * What lies inside a union says less than the union itself, unless the union is something or
 * null: then what is wrong with the something is meant.
 */
function tells(finding: Finding, all: readonly Finding[], schema: SchemaNode): boolean {
  const { schemaPath, keyword } = finding;
  for (const { 0: step, index } of schemaPath.matchAll(/\/anyOf\/\d+/g)) {
    if (step !== '/anyOf/0' || !isNullable(schemaPath.slice(0, index), schema)) return false;
  }
  if (keyword !== 'anyOf' || !isNullable(schemaPath, schema)) return true;
  return !all.some((other) => other.schemaPath.startsWith(`${schemaPath}/anyOf/0`));
}

function isNullable(schemaPath: string, schema: SchemaNode): boolean {
  let node: unknown = schema;
  for (const step of schemaPath.split('/').slice(1)) node = (node as Record<string, unknown> | undefined)?.[step];
  const choices = (node as SchemaNode | undefined)?.anyOf ?? [];
  return choices.length === 2 && choices[1]?.type === 'null';
}

function explain(finding: Finding, schema: SchemaNode): FieldErrors {
  const params = finding.params as Record<string, unknown>;
  const path = finding.instancePath.slice(1).replaceAll('/', '.');
  const inside = (name: string) => cap(visible(path === '' ? name : `${path}.${name}`), 120);
  const list = (key: string) => (Array.isArray(params[key]) ? params[key].map(String) : []);
  switch (finding.keyword) {
    case 'required':
      return list('requiredProperties').map((name) => ({ path: inside(name), message: 'is missing' }));
    case 'additionalProperties':
      return list('additionalProperties').map((name) => {
        const known = Object.keys(fields(descend(schema, path)) ?? {});
        const near = nearest(name, known);
        return {
          path: inside(name),
          message: near === null ? 'is not known here' : `is not known here; did you mean ${quoted(near)}?`,
        };
      });
    default:
      return [{ path: cap(visible(path), 120), message: rule(finding.keyword, params) }];
  }
}

function rule(keyword: string, params: Record<string, unknown>): string {
  const limit = String(params['limit']);
  switch (keyword) {
    case 'type':
      return `must be ${KINDS[String(params['type'])] ?? String(params['type'])}`;
    case 'minimum':
      return `must be at least ${limit}`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'minLength':
      return limit === '1' ? 'must not be empty' : `must have at least ${limit} characters`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minItems':
      return `must be given at least ${limit} times`;
    case 'maxItems':
      return `must be given at most ${limit} times`;
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map(String).join(', ')}`;
    default:
      return 'does not have the expected form';
  }
}
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a JSON object',
  array: 'a list',
};

function descend(schema: SchemaNode, path: string): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema;
  if (path !== '') for (const key of path.split('.')) node = fields(node)?.[key];
  return node;
}

/** Fields of an object, or of an object that may be null. */
const fields = (node: SchemaNode | undefined) => node?.properties ?? node?.anyOf?.[0]?.properties;

const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
