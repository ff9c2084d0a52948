import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './root.ts';
import { runCommand, runTool } from './run-command.ts';

const WORKSPACES = ['contract', 'gateway', 'gateway-client'] as const;
/** Commands by the package that has them. */
const COMMANDS = {
  'drawbridge-gateway': '@drawbridge/gateway',
  drawbridge: '@drawbridge/gateway-client',
} as const;

/** Compiles what changed since last time. @returns whether it all compiled; the compiler has said what did not. */
export async function build(): Promise<boolean> {
  if ((await runTool('tsc', ['-b', ...WORKSPACES])) !== 0) return false;
  return linkCommands();
}

/**
 * Makes `npx drawbridge` work here: npm links a workspace's command when it installs, which is before there is a
 * compiled file to link to.
 */
async function linkCommands(): Promise<boolean> {
  const linked = await Promise.all(Object.keys(COMMANDS).map(isExecutable));
  if (linked.every(Boolean)) return true;
  return (
    (await runCommand('npm', ['rebuild', '--ignore-scripts', '--silent', ...Object.values(COMMANDS)])) === 0
  );
}

const isExecutable = (command: string) =>
  access(join(root, 'node_modules', '.bin', command), constants.X_OK).then(
    () => true,
    () => false,
  );
