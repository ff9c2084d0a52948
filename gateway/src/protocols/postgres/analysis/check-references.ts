import type { MaskedColumn } from '../../../masking/rule-match.ts';
import { fold } from './fold.ts';
import { checkedKinds } from './known-syntax.ts';
import type { ReferenceScope } from './reference-scope.ts';
import { maskedColumn, Refused } from './refused.ts';
import { children, isNode, nameOf, namesAt, nodeAt, nodesAt, type SqlNode, textAt } from './sql-node.ts';

/**
 * Checks that masked columns are used only where the gateway can mask them: as plain columns of the result,
 * which PostgreSQL announces with the table and column they come from. Everything else that could carry a value,
 * or let one be guessed from what comes back, throws `Refused`.
 *
 * It holds by induction: no subquery, CTE, function or expression ever yields a masked value, so whatever has no
 * origin in the result is harmless.
 */
export class ReferenceCheck {
  /** Folded names under which masked columns stand in the result. */
  readonly labels = new Set<string>();
  /** For each output column by position, the masked column it passes on; holes elsewhere. Without stars only. */
  readonly outputs: (MaskedColumn | undefined)[] = [];
  readonly #scope: ReferenceScope;
  /** Names given to masked output columns, by which ORDER BY and GROUP BY could mean them. */
  readonly #aliases = new Map<string, MaskedColumn>();

  constructor(scope: ReferenceScope) {
    this.#scope = scope;
  }

  /** A query or data-modifying statement whose result goes to the client. */
  outermost(node: SqlNode): void {
    if (node.kind === 'SelectStmt') this.#outermostSelect(node);
    else this.#outermostChange(node);
  }

  #outermostChange(node: SqlNode): void {
    const returning = nodeAt(node, 'returningClause');
    for (const [field, value] of Object.entries(node))
      if (field !== 'returningClause') this.#visitValue(value);
    this.#target(node);
    if (returning) {
      this.#outputs(nodesAt(returning, 'exprs'), () => this.#scope.anyColumn);
      for (const option of nodesAt(returning, 'options')) this.visit(option);
    }
  }

  /** Anything whose result goes somewhere else: no masked column may occur in it. */
  visit(node: SqlNode): void {
    if (!checkedKinds.has(node.kind)) {
      throw new Refused(`${node.kind} can't be checked for masked columns`, undefined, node);
    }
    switch (node.kind) {
      case 'ColumnRef':
        this.#reference(node);
        return;
      case 'SelectStmt':
        this.#innerSelect(node);
        return;
      case 'SubLink':
        this.#subquery(node);
        return;
      case 'RangeVar':
        this.#rangeVar(node);
        return;
      case 'JoinExpr':
        this.#join(node);
        break;
      case 'A_Indirection':
        for (const part of nodesAt(node, 'indirection')) this.#name(nameOf(part), node);
        break;
      case 'IndexElem':
        this.#name(textAt(node, 'name'), node);
        break;
      case 'InsertStmt':
      case 'UpdateStmt':
      case 'DeleteStmt':
      case 'MergeStmt':
        this.#target(node);
        break;
      default:
        break;
    }
    for (const each of children(node)) this.visit(each);
  }

  #visitValue(value: unknown): void {
    if (Array.isArray(value)) for (const each of value) this.#visitValue(each);
    else if (isNode(value)) this.visit(value);
  }

  #name(name: string, at: SqlNode): void {
    const masked = this.#scope.columns.get(fold(name));
    if (masked) throw maskedColumn(masked, at);
  }

  /** The target of a data-modifying statement: ON CONFLICT ON CONSTRAINT could be about a masked column. */
  #target(node: SqlNode): void {
    const conflict = nodeAt(node, 'onConflictClause');
    const infer = conflict && nodeAt(conflict, 'infer');
    const relation = nodeAt(node, 'relation');
    const masked = relation && this.#scope.maskedAt(relation).length > 0 ? this.#scope.anyColumn : undefined;
    if (infer && masked && textAt(infer, 'conname') !== '') {
      throw maskedColumn(masked, infer, 'Write ON CONFLICT (column, …) with columns that are not masked.');
    }
  }

  #outermostSelect(node: SqlNode): void {
    if (node.intoClause || textAt(node, 'op') !== 'SETOP_NONE') {
      this.visit(node);
      return;
    }
    const from = nodesAt(node, 'fromClause');
    const targets = nodesAt(node, 'targetList');
    this.#outputs(targets, () => this.#maskedIn(from));
    this.#outputNumbers(node, targets);
    for (const [field, value] of Object.entries(node)) if (field !== 'targetList') this.#visitValue(value);
  }

  /** The columns of the result: the one place where masked columns may stand, bare or in a star. */
  #outputs(targets: readonly SqlNode[], starCovers: () => MaskedColumn | undefined): void {
    for (const target of targets) {
      const value = nodeAt(target, 'val');
      const label = textAt(target, 'name');
      this.outputs.push(undefined);
      if (value?.kind !== 'ColumnRef') {
        this.visit(target);
        continue;
      }
      const { star, qualifier, name } = columnRef(value);
      if (star) {
        const covered = qualifier === undefined ? starCovers() : this.#rowColumn(qualifier);
        if (covered) for (const each of this.#scope.columns.keys()) this.labels.add(each);
        continue;
      }
      const masked = this.#meaning(value);
      if (masked === 'row') throw this.#wholeRow(value);
      if (!masked) continue;
      this.outputs[this.outputs.length - 1] = masked;
      this.labels.add(fold(label || name));
      if (label) this.#aliases.set(fold(label), masked);
    }
  }

  /** DISTINCT, and numbers in ORDER BY, GROUP BY and DISTINCT ON: they mean output columns without naming them. */
  #outputNumbers(node: SqlNode, targets: readonly SqlNode[]): void {
    const from = nodesAt(node, 'fromClause');
    const distinct = nodesAt(node, 'distinctClause');
    if (distinct.length > 0 && distinct.every((each) => each.kind === 'Null')) {
      const masked = this.#maskedOutput(targets, from);
      if (masked)
        throw maskedColumn(
          masked,
          undefined,
          'DISTINCT compares the columns it returns; leave masked ones out.',
        );
    }
    const keys = [...distinct, ...nodesAt(node, 'groupClause'), ...nodesAt(node, 'sortClause')];
    for (let key = keys.pop(); key; key = keys.pop()) {
      if (key.kind === 'GroupingSet' || key.kind === 'RowExpr' || key.kind === 'List')
        keys.push(...children(key));
      const inner = key.kind === 'SortBy' ? nodeAt(key, 'node') : key;
      const number = inner?.kind === 'A_Const' ? nodeAt(inner, 'ival') : undefined;
      if (!number) continue;
      const masked = this.#maskedOutput(targets, from, Number(number.ival ?? 0));
      if (masked)
        throw maskedColumn(masked, inner, 'Name the column to sort or group by instead of its number.');
    }
  }

  /** A masked column among the outputs, or that output `number` may hold: behind a star numbers can't be told. */
  #maskedOutput(
    targets: readonly SqlNode[],
    from: readonly SqlNode[],
    number?: number,
  ): MaskedColumn | undefined {
    for (const [index, target] of targets.slice(0, number).entries()) {
      const value = nodeAt(target, 'val');
      if (value?.kind !== 'ColumnRef') continue;
      const { star, qualifier } = columnRef(value);
      if (star) {
        const covered = qualifier === undefined ? this.#maskedIn(from) : this.#rowColumn(qualifier);
        if (covered) return covered;
        continue;
      }
      const masked = this.#meaning(value);
      if (masked && masked !== 'row' && (number === undefined || index === number - 1)) return masked;
    }
    // A star of anything else in front moves the numbers too.
    const moved =
      number !== undefined &&
      targets.slice(0, number).some((target) => {
        const value = nodeAt(target, 'val');
        return value?.kind === 'ColumnRef' && columnRef(value).star;
      });
    return moved && this.labels.size > 0 ? this.#scope.anyColumn : undefined;
  }

  #innerSelect(node: SqlNode, rowsOnly = false): void {
    const from = nodesAt(node, 'fromClause');
    for (const target of nodesAt(node, 'targetList')) {
      const value = nodeAt(target, 'val');
      const reference = value?.kind === 'ColumnRef' ? columnRef(value) : undefined;
      if (value && reference?.star) {
        const { qualifier } = reference;
        const covered = qualifier === undefined ? this.#maskedIn(from) : this.#rowColumn(qualifier);
        if (covered && !rowsOnly) {
          throw maskedColumn(
            covered,
            value,
            'A star in a subquery takes masked columns along; name the columns you need.',
          );
        }
      } else if (!rowsOnly || !reference) this.visit(target);
    }
    for (const [field, value] of Object.entries(node)) if (field !== 'targetList') this.#visitValue(value);
  }

  #subquery(node: SqlNode): void {
    const select = nodeAt(node, 'subselect');
    // EXISTS never looks at what its subquery would return, unless something there compares it.
    const exists =
      textAt(node, 'subLinkType') === 'EXISTS_SUBLINK' &&
      select?.kind === 'SelectStmt' &&
      textAt(select, 'op') === 'SETOP_NONE' &&
      !select.distinctClause;
    for (const each of children(node)) {
      if (exists && each === select) this.#innerSelect(select, true);
      else this.visit(each);
    }
  }

  #join(node: SqlNode): void {
    const sides = [nodeAt(node, 'larg'), nodeAt(node, 'rarg')].filter((side) => side !== undefined);
    const masked = this.#maskedIn(sides);
    if (!masked) return;
    if (node.isNatural === true)
      throw maskedColumn(
        masked,
        undefined,
        'NATURAL JOIN compares all columns that share a name; use ON or USING.',
      );
    if (node.alias) throw maskedColumn(masked, undefined, 'Leave out the alias of the join.');
    for (const name of namesAt(node, 'usingClause')) this.#name(name, node);
  }

  #rangeVar(node: SqlNode): void {
    const alias = nodeAt(node, 'alias');
    if (!alias || nodesAt(alias, 'colnames').length === 0) return;
    const [relation] = this.#scope.maskedAt(node);
    const masked = relation?.masked.values().next().value;
    if (masked) throw maskedColumn(masked, node, 'Leave out the list of column aliases in FROM.');
  }

  #reference(node: SqlNode): void {
    const { star, qualifier } = columnRef(node);
    if (star) {
      const covered = qualifier === undefined ? this.#scope.anyColumn : this.#rowColumn(qualifier);
      if (covered)
        throw maskedColumn(covered, node, 'A star here stands for the whole row; name the columns you need.');
      return;
    }
    const masked = this.#meaning(node);
    if (masked === 'row') throw this.#wholeRow(node);
    if (masked) throw maskedColumn(masked, node);
  }

  /** What a column reference can mean: a masked column, a whole row that holds one, or neither. */
  #meaning(node: SqlNode): MaskedColumn | 'row' | undefined {
    const { fields, qualifier, name } = columnRef(node);
    if (qualifier !== undefined && fields === 2 && this.#scope.isHarmless(qualifier)) return undefined;
    const masked =
      this.#scope.columns.get(name) ?? (qualifier === undefined ? this.#aliases.get(name) : undefined);
    if (masked) return masked;
    if (this.#scope.rows.has(name)) return 'row';
    if (qualifier !== undefined && this.#scope.rows.has(qualifier) && !this.#scope.isColumn(qualifier, name))
      return 'row';
    return undefined;
  }

  #wholeRow(node: SqlNode): Refused {
    const { name, qualifier } = columnRef(node);
    const masked =
      this.#rowColumn(name) ?? (qualifier === undefined ? undefined : this.#rowColumn(qualifier));
    const hint = 'A row taken as one value holds its masked columns too; name the columns you need.';
    return masked
      ? maskedColumn(masked, node, hint)
      : new Refused('a whole row with masked columns', hint, node);
  }

  /** A masked column of the row that a name stands for. */
  #rowColumn(name: string): MaskedColumn | undefined {
    const [relation] = this.#scope.rows.get(name) ?? [];
    return relation?.masked.values().next().value;
  }

  /** A masked column that a star over these FROM items covers. Subqueries yield none. */
  #maskedIn(from: readonly SqlNode[]): MaskedColumn | undefined {
    for (const item of from) {
      const inner = [nodeAt(item, 'larg'), nodeAt(item, 'rarg'), nodeAt(item, 'relation')].filter(
        (each) => each !== undefined,
      );
      const [relation] = item.kind === 'RangeVar' ? this.#scope.maskedAt(item) : [];
      const masked = relation?.masked.values().next().value ?? this.#maskedIn(inner);
      if (masked) return masked;
    }
    return undefined;
  }
}

/** The parts of `[[schema.]qualifier.]name` or `[[schema.]qualifier.]*`, folded. */
const columnRef = (node: SqlNode) => {
  const fields = nodesAt(node, 'fields');
  const last = fields.at(-1);
  const before = fields.at(-2);
  return {
    fields: fields.length,
    star: last?.kind === 'A_Star',
    qualifier: before ? fold(nameOf(before)) : undefined,
    name: last ? fold(nameOf(last)) : '',
  };
};
