import '../theme/theme.css';

import { start } from '../app/start.tsx';
import { createFakeBridge } from './fake-bridge.ts';
import { sceneFrom } from './scenes.ts';

/** The page in an ordinary browser, for looking at it: `npx vite renderer`, then /dev/?scene=bob&theme=dark. */
const root = document.getElementById('root');
if (root === null) throw new Error('dev/index.html has no #root');
const { state, sessions, after } = sceneFrom(new URLSearchParams(location.search));
const bridge = createFakeBridge(state, sessions);
Object.assign(window, { drawbridge: bridge });
await start(root);
after?.(bridge);
