/**
 * Whether a column is named by one of the patterns `schema.table.column` of data rules, where `*` stands for any
 * one part and other characters are double-quoted as in SQL (`ColumnPattern` of the contract).
 */
export function columnMatcher(
  patterns: readonly string[],
): (schema: string, table: string, column: string) => boolean {
  const parsed = patterns.map((pattern) => pattern.match(/\*|"(?:[^"]|"")+"|[^".*\s]+/g) ?? []);
  return (...name) =>
    parsed.some(
      (parts) =>
        parts.length === 3 && parts.every((part, index) => part === '*' || unquoted(part) === name[index]),
    );
}

const unquoted = (part: string): string =>
  part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part;
