/** The picture and the page have the same colours: those in core and those in the style sheet. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHROME, PALETTES } from '../../core/graph-colours.ts';

const sheet = readFileSync(join(import.meta.dirname, '../../web/styles/tokens.css'), 'utf8');
const darkAt = sheet.indexOf(":root[data-theme='dark']");
const tokens = (text: string) =>
  new Map([...text.matchAll(/--([a-z0-9-]+):\s*(#[0-9a-f]{6})/g)].map(([, name = '', value = '']) => [name, value]));

describe.each([
  ['light', sheet.slice(0, darkAt)],
  ['dark', sheet.slice(darkAt)],
] as const)('the %s theme', (theme, text) => {
  const held = tokens(text);
  const { chrome, roles } = PALETTES[theme];
  it('has the chrome of the style sheet', () => {
    expect(darkAt).toBeGreaterThan(0);
    for (const name of CHROME) expect(chrome[name], name).toBe(held.get(name));
  });
  it('has its colours of lines', () => {
    for (const [role, { line, fill, band }] of Object.entries(roles)) {
      expect([line, fill, band], role).toEqual([held.get(role), held.get(`${role}-fill`), held.get(`${role}-env`)]);
    }
  });
});
