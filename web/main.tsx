import { render } from 'preact';
import { App } from './app.tsx';
import { followLinks } from './live.ts';

const place = document.getElementById('app');
if (!place) throw new Error('The page has no place for the dashboard.');
followLinks();
render(<App />, place);
