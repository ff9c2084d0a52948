import type { ProfileAccess, Resource } from '@drawbridge/contract';

const statements: Readonly<Record<string, string>> = {
  'sql.read': 'SELECT',
  'sql.write': 'INSERT, UPDATE, DELETE',
  'sql.ddl': 'CREATE, ALTER, DROP',
  'sql.copy': 'COPY',
  'sql.exec': 'functions and procedures',
};

/** What a profile allows, in the target's own words: `SELECT only`, `SELECT, INSERT, UPDATE, DELETE`. */
export function allowedText(allow: readonly string[]): string {
  const known = Object.entries(statements).flatMap(([action, words]) =>
    allow.includes(action) ? [words] : [],
  );
  if (known.length === 0) return allow.length === 0 ? 'Nothing' : allow.join(', ');
  return known.length === 1 && known[0] === 'SELECT' ? 'SELECT only' : known.join(', ');
}

/** The line below a profile's name where it is chosen. */
export function profileSummary(profile: ProfileAccess, masked: Resource['maskedColumns']): string {
  const allowed = `${allowedText(profile.allow)}.`;
  if (masked.length === 0 || !profile.allow.includes('sql.read')) return allowed;
  return `${allowed} ${masked.length === 1 ? 'One column is' : `${masked.length} columns are`} masked.`;
}
