import type { StatementPlan } from '../analysis/plan.ts';
import type { ErrorFields } from '../codec/error-fields.ts';

/** How much of a target's texts may pass. */
export type Texts = StatementPlan['texts'];

const RANK = { pass: 0, 'without-details': 1, 'sqlstate-only': 2 } as const satisfies Record<Texts, number>;

export const stricter = (one: Texts, other: Texts): Texts => (RANK[one] >= RANK[other] ? one : other);

/**
 * Fields that quote values or foreign texts: detail, context, internal position and query, column and data type.
 * (Table, constraint and schema names are words of the catalog.)
 */
const DETAILS: ReadonlySet<string> = new Set(['D', 'W', 'p', 'q', 'c', 'd']);
/** What stays where even the message can quote a value: severity, code, position in the client's text, names, place in the source. */
const SAFE: ReadonlySet<string> = new Set(['S', 'V', 'C', 'P', 's', 't', 'n', 'F', 'L', 'R']);

/** Names of the conditions that people meet most, from PostgreSQL's list of error codes (appendix A). */
const CONDITIONS: Readonly<Record<string, string>> = {
  '22001': 'string data right truncation',
  '22003': 'numeric value out of range',
  '22007': 'invalid datetime format',
  '22008': 'datetime field overflow',
  '22012': 'division by zero',
  '22P02': 'invalid text representation',
  '22P03': 'invalid binary representation',
  '23502': 'not null violation',
  '23503': 'foreign key violation',
  '23505': 'unique violation',
  '23514': 'check violation',
  '23P01': 'exclusion violation',
  '25006': 'read only transaction',
  '25P02': 'current transaction is aborted',
  '25P03': 'idle in transaction timeout',
  '26000': 'prepared statement does not exist',
  '34000': 'cursor does not exist',
  '40001': 'serialization failure',
  '40P01': 'deadlock detected',
  '42501': 'insufficient privilege',
  '42601': 'syntax error',
  '42703': 'undefined column',
  '42804': 'datatype mismatch',
  '42883': 'undefined function',
  '42P01': 'undefined table',
  '42P05': 'prepared statement exists already',
  '53200': 'out of memory',
  '53300': 'too many connections',
  '55P03': 'lock not available',
  '57014': 'query canceled',
  '57P01': 'the server is shutting down',
  P0001: 'raised by a function',
};

/**
 * What may pass of an error's or notice's fields.
 * @returns the same map where all of it may.
 */
export function policeTexts(fields: ErrorFields, texts: Texts): ErrorFields {
  if (texts === 'pass') return fields;
  const kept = new Map<string, string>();
  for (const [code, value] of fields) {
    if (texts === 'without-details' ? !DETAILS.has(code) : SAFE.has(code)) kept.set(code, value);
  }
  if (texts === 'sqlstate-only') {
    const condition = CONDITIONS[fields.get('C') ?? ''];
    const named = condition === undefined ? '' : `${condition} `;
    kept.set('M', `${named}(drawbridge withholds the text, since it could quote masked values)`);
  }
  return kept;
}
