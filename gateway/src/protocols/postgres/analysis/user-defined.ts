import type { UserDefined } from './catalog.ts';
import type { CatalogRows } from './catalog-queries.ts';
import { fold } from './fold.ts';
import { harmlessExtensions } from './harmless-extensions.ts';

/** Languages of functions that only a superuser can make; operators and casts in them compute and no more. */
const compiled = new Set(['c', 'internal']);

export interface Unsafe {
  /** OIDs of functions that may do anything. */
  readonly functions: ReadonlySet<number>;
  /** OIDs of operators with such a function behind them. */
  readonly operators: ReadonlySet<number>;
}

/** Sorts what isn't the system's own into harmless and unknown. */
export function userDefinedOf(rows: CatalogRows): { userDefined: UserDefined; unsafe: Unsafe } {
  const functions = new Set<number>();
  const scripted = new Set<number>();
  const names = new Set<string>();
  const harmlessNames = new Set<string>();
  for (const [oid, name, extension, language] of rows.functions) {
    if (extension !== null && extension !== undefined && harmlessExtensions.has(extension)) {
      harmlessNames.add(fold(name ?? ''));
      continue;
    }
    functions.add(Number(oid));
    names.add(fold(name ?? ''));
    if (!compiled.has(language ?? '')) scripted.add(Number(oid));
  }
  const unsafeOperators = rows.operators.filter(([, , code]) => scripted.has(Number(code)));
  return {
    userDefined: {
      functions: names,
      harmlessFunctions: harmlessNames,
      operators: new Set(unsafeOperators.map(([, name]) => name ?? '')),
      types: unsafeTypes(rows, scripted),
    },
    unsafe: { functions, operators: new Set(unsafeOperators.map(([oid]) => Number(oid))) },
  };
}

/** Types to or from which casting runs a function somebody wrote: by CREATE CAST, or by a domain's CHECK. */
function unsafeTypes(rows: CatalogRows, scripted: ReadonlySet<number>): ReadonlySet<string> {
  const types = new Set<string>();
  for (const [source, target, code] of rows.casts) {
    if (scripted.has(Number(code))) types.add(fold(source ?? '')).add(fold(target ?? ''));
  }
  const domains = new Set(
    rows.domains.filter(([, code]) => scripted.has(Number(code))).map(([domain]) => Number(domain)),
  );
  // A domain over such a domain checks it too, and so does an array of them.
  let size = -1;
  while (size !== domains.size) {
    size = domains.size;
    for (const [oid, , , element, base] of rows.types) {
      if (domains.has(Number(base)) || domains.has(Number(element))) domains.add(Number(oid));
    }
  }
  for (const [oid, name] of rows.types) if (domains.has(Number(oid))) types.add(fold(name ?? ''));
  return types;
}
