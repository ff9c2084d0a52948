import type { Clock } from '../../../clock.ts';
import { frameOf } from '../codec/backend-messages.ts';
import { query, sync } from '../codec/frontend-messages.ts';
import { Frontend } from '../codec/message-type.ts';
import { closeTarget, readResult, runCatalogQuery } from './catalog-query.ts';
import type { TargetConnection } from './connect-target.ts';

/** One statement with its parameters, as messages of the extended protocol have them. */
export interface BoundStatement {
  readonly text: string;
  /** Type OIDs that Parse gave, each of four bytes. */
  readonly types: Buffer;
  /** Formats and values as they stand in Bind. */
  readonly values: Buffer;
}

/** For everything together, in ms; the target itself gives each step a second. */
const MOST_TIME = 5_000;

/**
 * Asks the planner, over a connection of its own, how many rows a statement would touch. Nothing of it runs; see
 * `estimable` for what may be asked about.
 */
export class RowEstimate {
  readonly #open: (signal: AbortSignal) => Promise<TargetConnection>;
  readonly #clock: Clock;

  /** @param open dials with the session's credential and the settings that its client began with. */
  constructor(open: (signal: AbortSignal) => Promise<TargetConnection>, clock: Clock) {
    this.#open = open;
    this.#clock = clock;
  }

  /**
   * @param tables OIDs of all tables that it names
   * @param ends when the session does
   * @returns undefined where it can't be had. Never rejects.
   */
  async rows(
    statement: BoundStatement,
    tables: readonly number[],
    ends: AbortSignal,
  ): Promise<number | undefined> {
    const late = new AbortController();
    const cancelTimeout = this.#clock.after(MOST_TIME, () => late.abort());
    const signal = AbortSignal.any([late.signal, ends]);
    try {
      return await this.#ask(statement, tables, signal);
    } catch {
      // A guess less; whoever reviews does without.
      return undefined;
    } finally {
      cancelTimeout();
    }
  }

  async #ask(
    statement: BoundStatement,
    tables: readonly number[],
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const target = await this.#open(signal);
    const abort = () => target.socket.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      if (signal.aborted || !(await this.#arePlain(target, tables))) return undefined;
      target.socket.write(query(BEGIN));
      await readResult(target);
      target.socket.write(explain(statement));
      const [row] = await readResult(target);
      return row?.[0] == null ? undefined : rowsOf(JSON.parse(row[0]));
    } finally {
      signal.removeEventListener('abort', abort);
      // With its connection the transaction is gone, too.
      closeTarget(target);
    }
  }

  /** Nothing that somebody wrote runs when they are planned: no policies, and no functions in defaults, checks or indexes. */
  async #arePlain(target: TargetConnection, tables: readonly number[]): Promise<boolean> {
    if (tables.length === 0) return true;
    const [row] = await runCatalogQuery(target, `${LIMITS} ${plainTables(tables)}`, this.#clock);
    return row?.[0] === 't';
  }
}

/** A lock that somebody waits for is not worth waiting for. */
const LIMITS = "SET LOCAL statement_timeout = '1s'; SET LOCAL lock_timeout = '500ms';";
const BEGIN = `BEGIN TRANSACTION READ ONLY; ${LIMITS}`;

const plainTables = (tables: readonly number[]): string => `
  WITH RECURSIVE tables AS (
    SELECT unnest(ARRAY[${tables.map(Number).join(', ')}]::oid[]) AS oid
    UNION SELECT inhrelid FROM pg_inherits JOIN tables ON inhparent = tables.oid
  )
  SELECT NOT EXISTS (
    SELECT FROM tables JOIN pg_class ON pg_class.oid = tables.oid
    WHERE relkind NOT IN ('r', 'p') OR relrowsecurity OR relhasrules
  ) AND NOT EXISTS (
    SELECT FROM pg_depend WHERE refclassid = 'pg_proc'::regclass AND refobjid >= 16384 AND (
      (classid = 'pg_attrdef'::regclass AND objid IN (SELECT a.oid FROM pg_attrdef a JOIN tables ON adrelid = tables.oid))
      OR (classid = 'pg_constraint'::regclass
        AND objid IN (SELECT c.oid FROM pg_constraint c JOIN tables ON conrelid = tables.oid))
      OR (classid = 'pg_class'::regclass
        AND objid IN (SELECT indexrelid FROM pg_index JOIN tables ON indrelid = tables.oid UNION SELECT oid FROM tables))
    )
  )`;

/** Parse, Bind and Execute of its EXPLAIN, which plans with the parameters. */
function explain({ text, types, values }: BoundStatement): Buffer {
  const [none, count] = [Buffer.alloc(2), Buffer.alloc(2)];
  count.writeUInt16BE(types.length / 4);
  const parse = Buffer.concat([Buffer.from(`\0EXPLAIN (FORMAT JSON) ${text}\0`), count, types]);
  return Buffer.concat([
    frameOf(Frontend.parse, parse),
    frameOf(Frontend.bind, Buffer.concat([none, values, none])),
    frameOf(Frontend.execute, Buffer.alloc(5)),
    sync(),
  ]);
}

interface PlanNode {
  readonly 'Node Type'?: unknown;
  readonly 'Plan Rows'?: unknown;
  readonly 'Parent Relationship'?: unknown;
  readonly Plans?: readonly PlanNode[];
}

/** Of what changes rows, those that it changes, also within WITH; else those that it returns. */
function rowsOf(explained: unknown): number | undefined {
  const plan = (explained as readonly { readonly Plan?: PlanNode }[])[0]?.Plan;
  if (plan === undefined) return undefined;
  const changing = [...nodes(plan)].filter((node) => node['Node Type'] === 'ModifyTable');
  if (changing.length === 0) return numberOf(plan['Plan Rows']);
  let rows = 0;
  // What else is below computes values.
  for (const { Plans = [] } of changing)
    for (const child of Plans)
      if (child['Parent Relationship'] === 'Outer' || child['Parent Relationship'] === 'Member')
        rows += numberOf(child['Plan Rows']) ?? 0;
  return rows;
}

function* nodes(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const child of node.Plans ?? []) yield* nodes(child);
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
