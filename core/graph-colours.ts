/**
 * The colours of a graph in both themes. The style sheet of the dashboard holds the same ones as
 * tokens, which a test compares, so that a picture on a wiki looks like the page it came from.
 */
import type { Role } from './graph.ts';

/** Colours that no line has: ground, text, grid, limits, gaps. */
export const CHROME = [
  'bg',
  'bg-rail',
  'rule',
  'ink',
  'ink-2',
  'ink-3',
  'grid',
  'axis',
  'limit',
  'p95',
  'gap',
  'gap-line',
  'bad',
  'f50',
  'f80',
  'f95',
  'f-edge',
] as const;
export type Chrome = (typeof CHROME)[number];
export const isChrome = (name: string): name is Chrome => (CHROME as readonly string[]).includes(name);

export interface RoleColours {
  readonly line: string;
  readonly fill: string;
  readonly band: string;
}
export interface Palette {
  readonly chrome: Readonly<Record<Chrome, string>>;
  readonly roles: Readonly<Record<Role, RoleColours>>;
}

export const PALETTES: Readonly<Record<'light' | 'dark', Palette>> = {
  light: {
    chrome: {
      bg: '#ffffff',
      'bg-rail': '#f4f5f1',
      rule: '#e1e5dc',
      ink: '#16201b',
      'ink-2': '#435048',
      'ink-3': '#5c6961',
      grid: '#e8ebe4',
      axis: '#8b968e',
      limit: '#a84a26',
      p95: '#16201b',
      gap: '#f1f0ea',
      'gap-line': '#8b8878',
      bad: '#b3261e',
      f50: '#e2c58e',
      f80: '#eedbb6',
      f95: '#f7eedb',
      'f-edge': '#95762f',
    },
    roles: {
      in: { line: '#1d7350', fill: '#d3e6dc', band: '#b3d5c4' },
      out: { line: '#2b62bd', fill: '#d8e3f5', band: '#b9cdef' },
      s1: { line: '#46554c', fill: '#e3e8e3', band: '#c9d2ca' },
      s2: { line: '#96690a', fill: '#f3e8cd', band: '#e5d2a4' },
      s3: { line: '#a84a26', fill: '#f5e0d7', band: '#e8c3b3' },
      s4: { line: '#7f4775', fill: '#eee0eb', band: '#dbc2d6' },
      s5: { line: '#0f7480', fill: '#d5e8ea', band: '#b1d4d8' },
      past: { line: '#6f7b74', fill: '#e6e9e7', band: '#d3d8d5' },
    },
  },
  dark: {
    chrome: {
      bg: '#121714',
      'bg-rail': '#181e1a',
      rule: '#252d28',
      ink: '#e8ede9',
      'ink-2': '#b9c4bd',
      'ink-3': '#98a59d',
      grid: '#222a25',
      axis: '#6f7d74',
      limit: '#e58a62',
      p95: '#e8ede9',
      gap: '#1e221d',
      'gap-line': '#7f8072',
      bad: '#f38b80',
      f50: '#6b5527',
      f80: '#4a3d20',
      f95: '#2f2a1b',
      'f-edge': '#b39450',
    },
    roles: {
      in: { line: '#56b98a', fill: '#1b3a2c', band: '#2c5c46' },
      out: { line: '#79a8f2', fill: '#1e2f4d', band: '#304a78' },
      s1: { line: '#a9b8af', fill: '#2a332e', band: '#414d46' },
      s2: { line: '#d6a640', fill: '#352b14', band: '#54431d' },
      s3: { line: '#e58a62', fill: '#3a251b', band: '#5c3a2a' },
      s4: { line: '#cf93c3', fill: '#352831', band: '#553f4f' },
      s5: { line: '#57b7c2', fill: '#19353a', band: '#26535a' },
      past: { line: '#8f9c94', fill: '#262d29', band: '#38423c' },
    },
  },
};
