/** A small file of JSON values by key, written at once and whole. In the app it is an `electron-store`. */
export interface KeyValueFile {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  delete(key: string): void;
  keys(): readonly string[];
}
