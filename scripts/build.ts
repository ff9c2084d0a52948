import { buildDesktop } from './build-desktop.ts';
import { build } from './build-workspaces.ts';

/** `npm run build`: compiles what changed and puts the commands in their place. `npm run build:desktop`: the app too. */
const withDesktop = process.argv.includes('desktop');
if (!(await build())) process.exitCode = 1;
else if (withDesktop) await buildDesktop((line) => process.stdout.write(`${line}\n`));
