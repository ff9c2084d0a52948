import { copyFile, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import type { PackedApp } from '../../../scripts/package-desktop.ts';

/** A copy of the packed app that a test can drive. */
export interface DrivenApp {
  readonly executable: string;
  remove(): Promise<void>;
}

/**
 * Playwright drives an Electron through Node's inspector, which the packed app has switched off. The tests' copy is the
 * same files (links to them) beside an executable in which that one fuse, and nothing else, differs.
 */
export async function drivenApp(app: PackedApp): Promise<DrivenApp> {
  // Beside the original, so that a link is enough for the files; the executable finds its resources beside itself.
  const folder = await mkdtemp(join(dirname(app.folder), '.driven-'));
  const executable = join(folder, basename(app.executable));
  for (const name of await readdir(app.folder)) {
    if (name !== basename(executable)) await symlink(join(app.folder, name), join(folder, name));
  }
  await copyFile(app.executable, executable);
  await flipFuses(executable, {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  });
  return { executable, remove: () => rm(folder, { recursive: true, force: true }) };
}
