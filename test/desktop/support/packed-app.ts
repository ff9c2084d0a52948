import { join } from 'node:path';

/** What `pack-once.ts` made, as the tests find it in their environment. */
export interface PackedFiles {
  /** The unpacked app, as `npm run package` leaves it. */
  readonly folder: string;
  readonly executable: string;
  /** Its copy that can be driven. */
  readonly driven: string;
}

export const PACKED_FOLDER = 'DRAWBRIDGE_TEST_PACKED';
export const DRIVEN_EXECUTABLE = 'DRAWBRIDGE_TEST_DRIVEN';

/** @throws Error outside of a run that packed the app first. */
export function packedApp(): PackedFiles {
  const folder = process.env[PACKED_FOLDER];
  const driven = process.env[DRIVEN_EXECUTABLE];
  if (folder === undefined || driven === undefined) throw new Error('The app was not packed for the tests.');
  return { folder, executable: join(folder, 'drawbridge-desktop'), driven };
}
