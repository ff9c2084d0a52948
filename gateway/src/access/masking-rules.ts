import type { DataRuleDocument, ResourceSelector } from '@drawbridge/contract';
import type { MaskingRules } from '../masking/rule.ts';

interface Selectable {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whether a data rule's selector means this resource: one of the names, or all of the labels. */
export function selects(selector: ResourceSelector, resource: Selectable): boolean {
  if ('names' in selector) return selector.names.includes(resource.name);
  return Object.entries(selector.labels).every(([key, value]) => resource.labels[key] === value);
}

/** What must be masked in one resource, in the order of the documents. */
export function maskingRulesFor(resource: Selectable, dataRules: readonly DataRuleDocument[]): MaskingRules {
  const selected = dataRules.filter((rule) => selects(rule.resources, resource));
  return {
    columns: selected.flatMap(({ name, columns = [] }) =>
      columns.map(({ column, mask }) => ({ rule: name, ...parseColumnPattern(column), mask })),
    ),
    text: selected.flatMap(({ name, text = [] }) => text.map((each) => ({ rule: name, ...each }))),
  };
}

const PART = /\*|"(?:[^"]|"")+"|[^".*\s]+/y;

/**
 * Reads `schema.table.column`. A quoted part stands for itself, with `""` for a quote; so `"*"` is a column
 * called `*`, which a rule has no way to tell from any column and therefore masks more than it names. An
 * unquoted part folds to lower case, as in SQL.
 */
export function parseColumnPattern(pattern: string): { schema: string; table: string; column: string } {
  const parts: string[] = [];
  PART.lastIndex = 0;
  for (let match = PART.exec(pattern); match; match = PART.exec(pattern)) {
    const [part] = match;
    parts.push(part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase());
    PART.lastIndex = match.index + part.length + 1;
  }
  const [schema, table, column, ...rest] = parts;
  if (schema === undefined || table === undefined || column === undefined || rest.length > 0)
    throw new Error(`not a column pattern: ${pattern}`);
  return { schema, table, column };
}
