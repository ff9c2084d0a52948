import type { Completion } from '@codemirror/autocomplete';
import { PostgreSQL, type SQLNamespace, sql } from '@codemirror/lang-sql';
import type { Extension } from '@codemirror/state';
import type { SchemaTable } from '../../../main/ipc/sql-port.ts';

/** PostgreSQL's language with completion of what the database holds; tables of `public` need no schema in front. */
export function sqlLanguage(tables: readonly SchemaTable[]): Extension {
  return sql({
    dialect: PostgreSQL,
    schema: namespace(tables),
    defaultSchema: 'public',
    upperCaseKeywords: true,
  });
}

/** Schemas, their tables, and the columns of those, with types; masked columns say so. */
export function namespace(tables: readonly SchemaTable[]): SQLNamespace {
  const schemas: Record<string, Record<string, readonly Completion[]>> = Object.create(null);
  for (const { schema, name, columns } of tables) {
    schemas[schema] ??= Object.create(null) as Record<string, readonly Completion[]>;
    schemas[schema][name] = columns.map((column) => ({
      label: column.name,
      type: 'property',
      detail: column.masked ? `${column.type}, masked` : column.type,
      // Columns of the tables at hand before key words.
      boost: 1,
    }));
  }
  return schemas;
}
