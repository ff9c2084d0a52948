import { build } from './build-workspaces.ts';

/** `npm run build`: compiles what changed and puts the commands in their place. */
process.exitCode = (await build()) ? 0 : 1;
