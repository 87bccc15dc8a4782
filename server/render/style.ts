/** The style sheet inside a picture: every colour is a class, so that one picture can serve both themes. */
import { PALETTES, type Palette } from '../../core/graph-colours.ts';
import { futureColours } from './future.ts';
import type { Look } from './look.ts';

const FAMILY = 'Inter,system-ui,-apple-system,"Segoe UI",sans-serif';
const FORM = [
  `text{font-family:${FAMILY};font-size:11px}`,
  '.t{font-size:13px;font-weight:600}',
  '.s{font-size:12px}',
  '.m{font-weight:500}',
  '.w{font-weight:600}',
  `.n{font-family:"Inter Tabular",${FAMILY};font-variant-numeric:tabular-nums;font-size:12px}`,
  '.h{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}',
  '.r,.l{fill:none}',
  // As round as a line of this width can look, for half the geometry.
  '.l{stroke-linejoin:bevel}',
  '.p95{stroke-dasharray:8 3}',
].join('');

function colours({ chrome, roles }: Palette): string {
  const lines = Object.entries(roles).map(
    ([role, { line, fill, band }]) =>
      `.l-${role}{stroke:${line}}.k-${role}{fill:${line}}.f-${role}{fill:${fill}}.e-${role}{fill:${band}}`,
  );
  return [
    `.bg{fill:${chrome.bg}}`,
    `text{fill:${chrome['ink-3']}}`,
    `.i1{fill:${chrome.ink}}.i2{fill:${chrome['ink-2']}}.bad{fill:${chrome.bad}}`,
    `.h{stroke:${chrome.bg}}`,
    `.grid{stroke:${chrome.grid}}.axis{stroke:${chrome.axis}}.rule{stroke:${chrome.rule}}`,
    `.limit{stroke:${chrome.limit}}.p95{stroke:${chrome.p95}}`,
    `.habit{stroke:${chrome['ink-3']};stroke-width:.75px;stroke-dasharray:2 2}`,
    `.event{fill:${chrome['ink-3']};stroke:${chrome.bg};stroke-width:1px}`,
    `.gap{fill:${chrome.gap}}.hatch{stroke:${chrome['gap-line']};stroke-width:.75px}`,
    ...lines,
  ].join('');
}

/** What does not change with the picture, made once for each theme. */
const SHEETS: Readonly<Record<Look['theme'], string>> = {
  light: FORM + colours(PALETTES.light),
  dark: FORM + colours(PALETTES.dark),
  auto: `${FORM}${colours(PALETTES.light)}@media (prefers-color-scheme:dark){${colours(PALETTES.dark)}}`,
};

/** What only graphs with a future need. */
const FUTURE: typeof SHEETS = {
  light: futureColours(PALETTES.light),
  dark: futureColours(PALETTES.dark),
  auto: `${futureColours(PALETTES.light)}@media (prefers-color-scheme:dark){${futureColours(PALETTES.dark)}}`,
};

export const styleOf = (theme: Look['theme'], future = false): string =>
  `<style>${SHEETS[theme]}${future ? FUTURE[theme] : ''}</style>`;
