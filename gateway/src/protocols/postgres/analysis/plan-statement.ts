import type { Action } from '../../../policy/decision.ts';
import type { Session } from '../../../sessions/session.ts';
import type { ParsedText } from './analysis-cache.ts';
import type { Catalog } from './catalog.ts';
import { type Checked, checkStatement } from './check-statement.ts';
import { executed } from './executed.ts';
import { fold } from './fold.ts';
import type { Refusal, StatementPlan } from './plan.ts';
import { Refused } from './refused.ts';
import { type RelationName, relationsOf } from './relations.ts';
import { resolveActions } from './resolve-actions.ts';
import type { SessionNames } from './session-names.ts';
import { nodeAt, type SqlNode, textAt } from './sql-node.ts';
import type { Classification } from './tally.ts';

/** What a session did so far that bears on how its next statement is to be seen. */
export interface SessionPast {
  /** Labels of masked columns in all it planned: what EXECUTE and FETCH may bring back. */
  readonly labels: ReadonlySet<string>;
  /** Whether it may have prepared a write to a masked table, or made one whose checks are deferred. */
  readonly wrote: boolean;
  readonly names: Pick<SessionNames, 'prepared' | 'isCursor'>;
}

/** What is known of the target. */
export interface Target {
  readonly catalog: Catalog | undefined;
  /** Data rules apply. */
  readonly masking: boolean;
}

export interface Planned {
  readonly plan: StatementPlan;
  /** Relations the catalog doesn't know: look again before this plan is used. */
  readonly unknown: readonly RelationName[];
  /** It is refused while a view can't be read for a lock: look again, and don't keep it. */
  readonly unread?: boolean;
  /** Folded names of relations it makes or changes. The catalog doesn't show them before their transaction ends. */
  readonly made: readonly string[];
  readonly writes: boolean;
  /** It runs code that may give names to prepared statements. */
  readonly runsCode: boolean;
}

/** Results of these come from what was planned before. */
const replaying = new Set(['ExecuteStmt', 'FetchStmt']);
/** What was put off comes up in these. */
const settling = new Set(['ExecuteStmt', 'TransactionStmt', 'ConstraintsSetStmt']);

/** Decides on a parsed text: policy first, then what the data rules say. */
export function planStatement(
  text: string,
  parsed: ParsedText,
  session: Pick<Session, 'decide'>,
  { catalog, masking }: Target,
  past: SessionPast,
): Planned {
  const { recordedText, statements } = parsed;
  const classifications = executed(statements, past.names);
  const base = {
    recordedText,
    count: statements.length,
    tables: [...new Set(classifications.flatMap(({ tables }) => tables))],
    texts: masking ? ('without-details' as const) : ('pass' as const),
    masks: false,
    labels: noLabels,
    ...conditionOf(classifications),
  };
  if (parsed.refusal) return refuse({ ...base, count: 1, actions: [unanalyzable] }, parsed.refusal);
  const resolved = classifications.map((each) => resolveActions(each, catalog));
  // A statement of which nothing is found is not understood; only a text without any does nothing.
  const actions = resolved.flatMap((each) => (each.actions.length > 0 ? each.actions : [unanalyzable]));
  const unknown = resolved.flatMap((each) => each.unknown);
  const runsCode = resolved.some((each) => each.runsCode);
  if (actions.length === 0) return done({ ...base, actions, decision: { verdict: 'allow', policies: [] } });
  const impossible = classifications.find(({ refusal }) => refusal)?.refusal;
  if (impossible) return refuse({ ...base, actions }, impossible);
  const decision = session.decide(actions);
  if (decision.verdict === 'deny') {
    const refusal = denied(decision.reason, decision.policies);
    return { ...done({ ...base, actions, decision, refusal }), unknown };
  }
  const made = statements.flatMap(({ node }) => madeBy(node));
  if (!masking || !catalog)
    return { plan: { ...base, actions, decision }, unknown, made, writes: false, runsCode };
  const checked = checkAll(text, statements, catalog);
  if ('sqlstate' in checked)
    return { ...refuse({ ...base, actions }, checked), unread: catalog.unread.size > 0 };
  const { touches, writes, labels } = checked;
  const kinds = statements.map(({ node }) => node.kind);
  const replays = kinds.some((kind) => replaying.has(kind));
  const unsaid = writes || (past.wrote && kinds.some((kind) => settling.has(kind)));
  const plan: StatementPlan = {
    ...base,
    actions,
    decision,
    masks: touches || replays,
    labels: replays ? past.labels : labels,
    texts: unsaid ? 'sqlstate-only' : 'without-details',
  };
  return { plan, unknown: checked.unknown, made, writes, runsCode };
}

/** Says so where rows are changed or deleted by a condition, or without one. */
function conditionOf(statements: readonly Classification[]): { readonly hasWhere?: boolean } {
  const changing = statements.filter(({ changesRows }) => changesRows);
  if (changing.length === 0) return {};
  return { hasWhere: changing.every(({ context }) => context.hasWhere === true) };
}

const noLabels: ReadonlySet<string> = new Set();
const done = (plan: StatementPlan): Planned => ({
  plan,
  unknown: [],
  made: [],
  writes: false,
  runsCode: false,
});
const refuse = (plan: Omit<StatementPlan, 'decision' | 'refusal'>, refusal: Refusal): Planned =>
  done({ ...plan, decision: { verdict: 'deny', reason: refusal.message, policies: [] }, refusal });

/** What stands for a text that can't be parsed. */
export const unanalyzable: Action = {
  name: 'sql.unanalyzable',
  context: { verb: 'unknown', tables: [], hasWhere: false, functions: [] },
};

const denied = (reason: string, policies: readonly string[]): Refusal => ({
  sqlstate: '42501',
  message: reason,
  ...(policies.length > 0 && {
    hint: `Decided by ${policies.length === 1 ? 'policy' : 'policies'} ${policies.join(', ')}.`,
  }),
});

interface CheckedText extends Omit<Checked, 'labels'> {
  readonly labels: ReadonlySet<string>;
}

/** Checks the statements one by one, up to the first that can't be allowed. */
function checkAll(
  text: string,
  statements: ParsedText['statements'],
  catalog: Catalog,
): CheckedText | Refusal {
  const unknown: RelationName[] = [];
  const labels = new Set<string>();
  let touches = false;
  let writes = false;
  for (const { node } of statements) {
    try {
      const checked = checkStatement(node, catalog);
      touches = touches || checked.touches;
      writes = writes || checked.writes;
      unknown.push(...checked.unknown);
      for (const label of checked.labels) labels.add(label);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const position = error.location === undefined ? undefined : characterAt(text, error.location);
      return { ...error.refusal, ...(position !== undefined && { position }) };
    }
  }
  return { touches, writes, unknown, labels };
}

/** 1-based position in characters, as PostgreSQL counts, of a byte offset. */
const characterAt = (text: string, bytes: number): number =>
  [...Buffer.from(text).toString('utf8', 0, bytes)].length + 1;

/** Folded names of relations that a statement makes, changes or gives a name. */
function madeBy(statement: SqlNode): string[] {
  const names = relationsOf(statement).creates.map(({ name }) => name);
  const altered = statement.kind === 'AlterTableStmt' ? nodeAt(statement, 'relation') : undefined;
  if (altered) names.push(textAt(altered, 'relname'));
  if (statement.kind === 'RenameStmt') names.push(textAt(statement, 'newname'));
  return names.map(fold);
}
