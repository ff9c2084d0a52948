import type { Catalog } from './catalog.ts';
import { fold } from './fold.ts';
import { Refused } from './refused.ts';
import { relationName, relationText } from './relations.ts';
import type { SqlNode } from './sql-node.ts';

/** Relations of the system that hold values of tables: statistics, large objects, what others are running. */
const revealing = new Set(
  'pg_statistic pg_stats pg_statistic_ext_data pg_stats_ext pg_stats_ext_exprs pg_largeobject pg_stat_activity'.split(
    ' ',
  ),
);

/**
 * Checks that a relation may be named at all.
 * @throws Refused for views that can't be traced and for what holds values of tables under other names.
 */
export function checkRelation(rangeVar: SqlNode, catalog: Catalog): void {
  const name = relationName(rangeVar);
  const folded = fold(name.name);
  if (
    revealing.has(folded) ||
    folded.startsWith('pg_toast') ||
    fold(name.schema ?? '').startsWith('pg_toast')
  ) {
    throw new Refused(
      `${relationText(name)} can hold values of masked columns and can't be read here`,
      undefined,
      rangeVar,
    );
  }
  const tainted = catalog.lookup(name).find((relation) => relation.taint !== undefined);
  if (tainted) {
    throw new Refused(
      `${tainted.schema}.${tainted.name} can't be used: ${tainted.taint}`,
      tainted.unread
        ? 'Try again when the lock is gone (ALTER TABLE, VACUUM FULL, LOCK or the like hold one); all else can be used meanwhile.'
        : 'Query the tables it is made from, or have it made without masked columns.',
      rangeVar,
    );
  }
}
