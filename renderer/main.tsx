// First, so that a feature's own sheet can say more.
import './theme/theme.css';

import { start } from './app/start.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
await start(root);
