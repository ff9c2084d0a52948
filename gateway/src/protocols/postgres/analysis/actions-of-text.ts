import type { Action } from '../../../policy/decision.ts';
import type { ParsedText } from './analysis-cache.ts';
import { executed } from './executed.ts';
import { unanalyzable } from './plan-statement.ts';
import type { RelationName } from './relations.ts';
import { resolveActions } from './resolve-actions.ts';
import type { Classification } from './tally.ts';

/**
 * What a text would do, as told from it alone, for questions asked ahead. Names without a schema are taken to be in
 * `public`, those of the system in `pg_catalog`; what only a catalog tells (views, partitions, functions of somebody's
 * own) isn't there.
 */
export function actionsOfText({
  statements,
  refusal,
}: Pick<ParsedText, 'statements' | 'refusal'>): readonly Action[] {
  if (refusal) return [unanalyzable];
  const nothing = { prepared: () => undefined, isCursor: () => false };
  return executed(statements, nothing).flatMap((each) => resolveActions(qualified(each), undefined).actions);
}

const qualified = (classification: Classification): Classification => ({
  ...classification,
  acts: classification.acts.map((act) =>
    act.relation === undefined ? act : { ...act, relation: inSchema(act.relation) },
  ),
});

const inSchema = (relation: RelationName): RelationName => ({
  ...relation,
  schema: relation.schema ?? (relation.name.startsWith('pg_') ? 'pg_catalog' : 'public'),
});
