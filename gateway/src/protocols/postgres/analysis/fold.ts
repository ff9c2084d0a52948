/**
 * How names are compared. The server folds `SÜN` by the rules of its encoding and the parser here by those of
 * UTF-8; comparing without case covers both, and at worst masks one name more.
 */
export const fold = (name: string): string => name.toLowerCase();
