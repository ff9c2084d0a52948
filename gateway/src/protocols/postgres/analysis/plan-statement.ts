import type { Action } from '../../../policy/decision.ts';
import type { Session } from '../../../sessions/session.ts';
import type { ParsedText } from './analysis-cache.ts';
import { type Catalog, fold } from './catalog.ts';
import { type Checked, checkStatement } from './check-statement.ts';
import type { Classification } from './classify.ts';
import type { Refusal, StatementPlan } from './plan.ts';
import { Refused } from './refused.ts';
import { type RelationName, relationsOf, relationText } from './relations.ts';
import { nodeAt, type SqlNode, textAt } from './sql-node.ts';

/** What a session did so far that bears on how its next statement is to be seen. */
export interface SessionPast {
  /** Labels of masked columns in all it planned: what EXECUTE and FETCH may bring back. */
  readonly labels: ReadonlySet<string>;
  /** Whether it may have prepared a write to a masked table, or made one whose checks are deferred. */
  readonly wrote: boolean;
}

export interface Planned {
  readonly plan: StatementPlan;
  /** Relations the catalog doesn't know: look again before this plan is used. */
  readonly unknown: readonly RelationName[];
  /** Folded names of relations it makes or changes. The catalog doesn't show them before their transaction ends. */
  readonly made: readonly string[];
  readonly writes: boolean;
}

/** Results of these come from what was planned before. */
const replaying = new Set(['ExecuteStmt', 'FetchStmt']);
/** What was put off comes up in these. */
const settling = new Set(['ExecuteStmt', 'TransactionStmt', 'ConstraintsSetStmt']);

/** Decides on a parsed text: policy first, then what the data rules say. Undefined catalog: the resource has none. */
export function planStatement(
  text: string,
  parsed: ParsedText,
  session: Pick<Session, 'decide'>,
  catalog: Catalog | undefined,
  past: SessionPast,
): Planned {
  const { recordedText, statements } = parsed;
  const base = {
    recordedText,
    count: statements.length,
    tables: [...new Set(statements.flatMap(({ classification }) => classification.tables))],
    texts: catalog ? ('without-details' as const) : ('pass' as const),
    masks: false,
    labels: noLabels,
  };
  if (parsed.refusal) return refuse({ ...base, count: 1, actions: [unanalyzable] }, parsed.refusal);
  const actions = statements.flatMap(({ classification }) => actionsOf(classification, catalog));
  if (actions.length === 0) return done({ ...base, actions, decision: { verdict: 'allow', policies: [] } });
  const impossible = statements.find(({ classification }) => classification.refusal)?.classification.refusal;
  if (impossible) return refuse({ ...base, actions }, impossible);
  const decision = session.decide(actions);
  if (decision.verdict !== 'allow') {
    // A hold for approval goes here: `session.hold(actions, decision)`.
    const reason = decision.verdict === 'deny' ? decision.reason : needsOf(decision.requirements);
    const { policies } = decision;
    return done({
      ...base,
      actions,
      decision: { verdict: 'deny', reason, policies },
      refusal: denied(reason, policies),
    });
  }
  if (!catalog) return done({ ...base, actions, decision });
  const checked = checkAll(text, statements, catalog);
  if ('sqlstate' in checked) return refuse({ ...base, actions }, checked);
  const { touches, writes, unknown, labels, made } = checked;
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
  return { plan, unknown, made, writes };
}

const noLabels: ReadonlySet<string> = new Set();
const done = (plan: StatementPlan): Planned => ({ plan, unknown: [], made: [], writes: false });
const refuse = (plan: Omit<StatementPlan, 'decision' | 'refusal'>, refusal: Refusal): Planned =>
  done({ ...plan, decision: { verdict: 'deny', reason: refusal.message, policies: [] }, refusal });

const unanalyzable: Action = {
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

type Requirements = Extract<ReturnType<Session['decide']>, { verdict: 'needs' }>['requirements'];

/** Approving single statements has its own issue; until then what needs it doesn't happen. */
const needsOf = (requirements: Requirements): string =>
  `this statement needs ${requirements.map(requirementText).join(' and ') || 'approval'}, which can't be given here yet`;

const requirementText = (requirement: Requirements[number]): string => {
  if (requirement.kind === 'justify') return requirement.ticket ? 'a ticket' : 'a reason';
  return `approval of ${requirement.count > 1 ? `${requirement.count} of ` : ''}${requirement.groups.join(', ')}`;
};

/** One action for each thing done to each relation; an unqualified name stands for every relation it can mean. */
function actionsOf({ acts, context }: Classification, catalog: Catalog | undefined): Action[] {
  return acts.flatMap(({ name, relation, object }) => {
    if (!relation) return [{ name, context, ...(object !== undefined && { object }) }];
    const meant = relation.schema === undefined ? (catalog?.lookup(relation) ?? []) : [];
    const objects =
      meant.length > 0 ? meant.map((each) => `${each.schema}.${each.name}`) : [relationText(relation)];
    return objects.map((each) => ({ name, context, object: each }));
  });
}

interface CheckedText extends Omit<Checked, 'labels'> {
  readonly labels: ReadonlySet<string>;
  readonly made: readonly string[];
}

/** Checks the statements one by one, up to the first that can't be allowed. */
function checkAll(
  text: string,
  statements: ParsedText['statements'],
  catalog: Catalog,
): CheckedText | Refusal {
  const made: string[] = [];
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
    made.push(...madeBy(node));
  }
  return { touches, writes, unknown, labels, made };
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
