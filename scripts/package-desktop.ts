import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildDesktop, fingerprint } from './build-desktop.ts';
import { electronBinary } from './electron-binary.ts';
import { root } from './root.ts';
import { runQuietly } from './run-command.ts';

/** The unpacked app of this platform. */
export interface PackedApp {
  readonly folder: string;
  readonly executable: string;
  /** Version of the Electron inside, and whether it may be released. */
  readonly electron: string;
  readonly official: boolean;
}

const OUTPUT = join(root, 'release');
const FOLDERS: Partial<Record<NodeJS.Platform, { readonly folder: string; readonly executable: string }>> = {
  linux: { folder: 'linux-unpacked', executable: 'drawbridge-desktop' },
  win32: { folder: 'win-unpacked', executable: 'Drawbridge.exe' },
  darwin: {
    folder: process.arch === 'arm64' ? 'mac-arm64' : 'mac',
    executable: 'Drawbridge.app/Contents/MacOS/Drawbridge',
  },
};

/**
 * Builds the app and packs it, unpacked, with the Electron found here; does nothing where that is what stands there.
 * @throws Error when it doesn't build, where there is no Electron, and on platforms that the app isn't made for.
 */
export async function packageDesktop(say: (line: string) => void): Promise<PackedApp> {
  const place = FOLDERS[process.platform];
  if (!place)
    throw new Error(`The desktop app is made for macOS, Windows and Linux, not for ${process.platform}.`);
  await buildDesktop(say);
  const electron = await electronBinary(say);
  const folder = join(OUTPUT, place.folder);
  const app: PackedApp = {
    folder,
    executable: join(folder, place.executable),
    electron: electron.version,
    official: electron.official,
  };
  const stamp = join(OUTPUT, `.${place.folder}.stamp`);
  const inputs = [
    'out',
    'electron-builder.yml',
    'package.json',
    'packaging',
    'node_modules/@lydell',
    'scripts/package-desktop.ts',
  ];
  const now = `${electron.dist} ${electron.version} ${await fingerprint(inputs)}`;
  if (now === (await readFile(stamp, 'utf8').catch(() => undefined))) return app;
  say(`Packing the app with Electron ${electron.version}`);
  await rm(stamp, { force: true });
  const config = {
    extends: join(root, 'electron-builder.yml'),
    electronDist: electron.dist,
    electronVersion: electron.version,
    // Signing, notarising and the update feed are a release's: docs/releasing.md.
    publish: null,
    mac: { identity: null, notarize: false },
  };
  const file = join(OUTPUT, '.package.json');
  await mkdir(OUTPUT, { recursive: true });
  await writeFile(file, JSON.stringify(config));
  // Its command rather than its function, which says all it does on our standard output.
  const builder = join(root, 'node_modules/electron-builder/cli.js');
  await runQuietly(process.execPath, [builder, '--dir', '--publish', 'never', '--config', file]);
  await writeFile(stamp, now);
  return app;
}
