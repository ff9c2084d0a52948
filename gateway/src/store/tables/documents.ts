import type { DocumentKind } from '@drawbridge/contract';
import type { ColumnType, Generated, JSONColumnType } from 'kysely';

interface DocumentRow {
  kind: DocumentKind;
  name: string;
  /** As parsed, without secrets. */
  body: JSONColumnType<object>;
  /** Passwords by profile, each sealed by the keyring. */
  sealed_secrets: JSONColumnType<Record<string, string>>;
  updated_at: Generated<Date>;
}

interface ConfigurationRow {
  /** Always true: there is one row. */
  singleton: Generated<boolean>;
  /** Counts changes of documents; node-postgres hands bigint over as text. */
  version: ColumnType<string, never, never>;
}

export interface DocumentTables {
  documents: DocumentRow;
  configuration: ConfigurationRow;
}
