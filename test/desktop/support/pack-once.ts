import { packageDesktop } from '../../../scripts/package-desktop.ts';
import { drivenApp } from './driven-app.ts';
import { DRIVEN_EXECUTABLE, PACKED_FOLDER } from './packed-app.ts';

/** Before all tests: packs the app, so that all of them drive the same one. */
export async function packOnce(): Promise<() => Promise<void>> {
  const packed = await packageDesktop((line) => process.stdout.write(`${line}\n`));
  const driven = await drivenApp(packed);
  process.env[PACKED_FOLDER] = packed.folder;
  process.env[DRIVEN_EXECUTABLE] = driven.executable;
  return () => driven.remove();
}

// biome-ignore lint/style/noDefaultExport: Playwright's `globalSetup` takes the default export
export default packOnce;
