import type { RelationName } from './relations.ts';
import { nameOf, namesAt, nodeAt, nodesAt, type SqlNode, textAt } from './sql-node.ts';

const relations = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_SEQUENCE',
  'OBJECT_INDEX',
]);

/** Named after the relation they belong to: `schema.table.trigger`. */
const partsOfRelations = new Set([
  'OBJECT_COLUMN',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_TRIGGER',
  'OBJECT_RULE',
  'OBJECT_POLICY',
]);

/** Relations that a statement names in lists, not as RangeVar: DROP, COMMENT ON, SECURITY LABEL. */
export function relationsInLists(node: SqlNode): readonly RelationName[] {
  const type = textAt(node, 'removeType') || textAt(node, 'objtype');
  const part = partsOfRelations.has(type);
  if (!part && !relations.has(type)) return [];
  const object = nodeAt(node, 'object');
  const lists = object ? [object] : nodesAt(node, 'objects');
  return lists
    .filter(({ kind }) => kind === 'List')
    .map((list) => {
      const names = namesAt(list, 'items');
      const [name, schema] = [...(part ? names.slice(0, -1) : names)].reverse();
      return { ...(schema !== undefined && { schema }), name: name ?? '' };
    });
}

/** Schemas whose every relation a statement is about: DROP SCHEMA, GRANT … ON ALL TABLES IN SCHEMA, … */
export function wholeSchemas(node: SqlNode): readonly string[] {
  switch (node.kind) {
    case 'DropStmt':
      return textAt(node, 'removeType') === 'OBJECT_SCHEMA' ? nodesAt(node, 'objects').map(nameOf) : [];
    case 'GrantStmt':
      return textAt(node, 'targtype') === 'ACL_TARGET_ALL_IN_SCHEMA'
        ? nodesAt(node, 'objects').map(nameOf)
        : [];
    case 'RenameStmt':
      return textAt(node, 'renameType') === 'OBJECT_SCHEMA' ? [textAt(node, 'subname')] : [];
    case 'ReindexStmt':
      return textAt(node, 'subkind') === 'REINDEX_OBJECT_SCHEMA' ? [textAt(node, 'name')] : [];
    default:
      return [];
  }
}
