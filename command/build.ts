/** `npm run build`: the dashboard, if it is not built from what is here. */
import { join } from 'node:path';
import { ensureDashboard } from './dashboard.ts';

const say = (text: string) => void process.stdout.write(`${text}\n`);
const state = await ensureDashboard(join(import.meta.dirname, '..'), say);
say(state === 'no sources' ? 'There is nothing to build the dashboard from.' : 'The dashboard is in web/dist.');
