import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElectronRuntime } from './electron-runtime.ts';
import { root } from './root.ts';
import { runCommand } from './run-command.ts';

const PACKAGE = join(root, 'node_modules/electron');
/** How long the host of the downloads has to answer, in ms: where it can't be reached that must not cost much. */
const PATIENCE = 4000;

/** The official Electron, where an earlier download of the npm package `electron` left it. */
export async function officialElectronIfPresent(): Promise<ElectronRuntime | undefined> {
  const dist = join(PACKAGE, 'dist');
  const version = await readFile(join(dist, 'version'), 'utf8').catch(() => undefined);
  return version === undefined
    ? undefined
    : { dist, version: version.trim().replace(/^v/, ''), official: true };
}

/** Downloads the official Electron with its own script, which checks it. Undefined where it can't be had. */
export async function officialElectron(say: (line: string) => void): Promise<ElectronRuntime | undefined> {
  if (!(await canBeReached())) return undefined;
  say('Downloading Electron');
  const status = await runCommand(process.execPath, [join(PACKAGE, 'install.js')]);
  return status === 0 ? officialElectronIfPresent() : undefined;
}

async function canBeReached(): Promise<boolean> {
  const manifest = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
  const mirror = process.env.ELECTRON_MIRROR ?? 'https://github.com/electron/electron/releases/download/';
  try {
    const url = new URL(`v${manifest.version}/SHASUMS256.txt`, mirror);
    const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(PATIENCE) });
    return response.ok;
  } catch {
    return false;
  }
}
