import ElectronStore from 'electron-store';
import type { KeyValueFile } from './key-value-file.ts';

/** A file of the app's data folder, readable by its owner alone. */
export function keptFile(name: string): KeyValueFile {
  const file = new ElectronStore<Record<string, unknown>>({
    name,
    configFileMode: 0o600,
    // Keys hold addresses and resource names: a dot in them is a dot.
    accessPropertiesByDotNotation: false,
    // A damaged file costs settings, never the start.
    clearInvalidConfig: true,
  });
  return {
    get: (key) => file.get(key),
    set: (key, value) => file.set(key, value),
    delete: (key) => file.delete(key),
    keys: () => Object.keys(file.store),
  };
}
