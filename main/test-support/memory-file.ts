import type { KeyValueFile } from '../state/key-value-file.ts';

/** A file of values that lives as long as the test; values go through JSON as they would on disk. */
export function memoryFile(
  content: Readonly<Record<string, unknown>> = {},
): KeyValueFile & { readonly content: Map<string, string> } {
  const values = new Map(Object.entries(content).map(([key, value]) => [key, JSON.stringify(value)]));
  return {
    content: values,
    get: (key) => {
      const text = values.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    set: (key, value) => void values.set(key, JSON.stringify(value)),
    delete: (key) => void values.delete(key),
    keys: () => [...values.keys()],
  };
}
