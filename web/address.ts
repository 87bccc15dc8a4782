/** Where the dashboard lives: the server writes its base path into the page. */
import { pathOf, type Page, type Route } from './route.ts';

/** Without a slash at its end: '' at the root of a host, '/saguaro' behind a prefix. */
export const BASE = document.documentElement.dataset['base'] ?? '';

/** The address of a route, for links. */
export const href = (route: Partial<Route> & { readonly page: Page }): string => BASE + pathOf(route);
