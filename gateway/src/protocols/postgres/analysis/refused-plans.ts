import type { ParsedText } from './analysis-cache.ts';
import type { Refusal, StatementPlan } from './plan.ts';

/** What a plan becomes that must not run. */
export const deny = (refusal: Refusal) => ({
  refusal,
  masks: false,
  decision: { verdict: 'deny' as const, reason: refusal.message, policies: [] },
});

/** The plan of a text that nobody was asked about. */
export const refused = (parsed: ParsedText, refusal: Refusal): StatementPlan => ({
  recordedText: parsed.recordedText,
  count: parsed.statements.length,
  actions: [],
  tables: [...new Set(parsed.statements.flatMap(({ classification }) => classification.tables))],
  texts: 'without-details',
  ...deny(refusal),
});

export const unreadable: Refusal = {
  sqlstate: '42501',
  message: "the schema of the database can't be read, so it can't be told which columns are masked",
  hint: 'Try again; if it goes on, ask whoever administers the database.',
};

export const unknownOrigin: Refusal = {
  sqlstate: '42501',
  message: "the result has columns of a table that isn't known, so it can't be told whether they are masked",
  hint: 'If this transaction made the table, commit first.',
};

export const tooMany: Refusal = {
  sqlstate: '54000',
  message: 'this session has made too many relations; open another one',
};
