/** The tokens a canvas needs, read anew whenever the theme changes. */
import type { Role } from '../../core/graph.ts';
import { CHROME, type Chrome, type RoleColours } from '../../core/graph-colours.ts';

export interface Colours {
  readonly of: (name: Chrome) => string;
  readonly role: (role: Role) => RoleColours;
  readonly font: (weight: 400 | 500 | 600) => string;
}

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const chrome = new Map(CHROME.map((name) => [name, token(name)]));
  const family = token('font');
  const roles = new Map<Role, RoleColours>();
  return {
    of: (name) => chrome.get(name) ?? '#888888',
    role: (role) => {
      const held = roles.get(role) ?? { line: token(role), fill: token(`${role}-fill`), band: token(`${role}-env`) };
      roles.set(role, held);
      return held;
    },
    font: (weight) => `${weight} 11px ${family}`,
  };
}
