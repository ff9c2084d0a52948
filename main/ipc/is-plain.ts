const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
/** No payload of the contract is nested deeper. */
const DEEPEST = 16;

/**
 * Whether a value is made of plain data alone: no class instances, no functions, and no key that could reach a
 * prototype where somebody copies it by assignment. Comes before the schema, which sees only own keys.
 */
export function isPlain(value: unknown, depth = 0): boolean {
  if (value === null || typeof value !== 'object')
    return typeof value !== 'function' && typeof value !== 'symbol';
  if (depth > DEEPEST) return false;
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Reflect.ownKeys(value).every(
    (key) =>
      typeof key === 'string' &&
      !FORBIDDEN.has(key) &&
      isPlain((value as Readonly<Record<string, unknown>>)[key], depth + 1),
  );
}
