import type { SqlColumn } from '../../../main/ipc/sql-port.ts';
import { cellText, type GridColumn } from '../rows/grid-rows.ts';
import { RowStore } from '../rows/row-store.ts';
import type { ResultView, RunLog, RunNotice, RunOutcome, RunPurpose } from './console-state.ts';

/** A result while it comes in. */
export interface GrowingResult {
  readonly id: number;
  readonly columns: readonly GridColumn[];
  readonly store: RowStore;
  tag?: string;
}

/** Rows and bytes after which a run pauses. */
export interface RunLimit {
  readonly rows: number;
  readonly bytes: number;
}

const MOST_NOTICES = 200;

/** What is known of one run while it goes on: its results, what was said, and how it ended. */
export class ConsoleRun {
  readonly purpose: RunPurpose;
  readonly #results = new Map<number, GrowingResult>();
  readonly #tags: string[] = [];
  #affected = 0;
  #limit: RunLimit;
  #outcome: RunOutcome | undefined;
  #log: RunLog;

  constructor(log: RunLog, limit: RunLimit) {
    this.purpose = log.purpose;
    this.#log = log;
    this.#limit = limit;
  }

  get number(): number {
    return this.#log.run;
  }

  get log(): RunLog {
    return this.#log;
  }

  get results(): GrowingResult[] {
    return [...this.#results.values()];
  }

  get rows(): number {
    let rows = 0;
    for (const { store } of this.#results.values()) rows += store.length;
    return rows;
  }

  /** Whether it holds as much as it may without being asked for more. */
  get full(): boolean {
    let bytes = 0;
    for (const { store } of this.#results.values()) bytes += store.bytes;
    return this.rows >= this.#limit.rows || bytes >= this.#limit.bytes;
  }

  allowMore({ rows, bytes }: RunLimit): void {
    this.#limit = { rows: this.#limit.rows + rows, bytes: this.#limit.bytes + bytes };
  }

  begin(result: number, id: number, columns: readonly SqlColumn[]): void {
    this.#results.set(result, { id, columns: columns.map(gridColumn), store: new RowStore() });
  }

  /** @throws RangeError when the frames are no rows. */
  take(result: number, frames: Uint8Array): void {
    this.#results.get(result)?.store.append(frames);
  }

  complete(result: number, tag: string, rows: number): void {
    const complete = this.#results.get(result);
    if (complete) complete.tag = tag;
    this.#tags.push(tag);
    this.#affected += rows;
  }

  notice({ severity, message }: RunNotice): void {
    this.#log = {
      ...this.#log,
      notices: [...this.#log.notices.slice(1 - MOST_NOTICES), { severity, message }],
    };
  }

  /** It is held until this review is decided. */
  heldBy(review: string): void {
    this.#log = { ...this.#log, review };
  }

  /** The first outcome stands: an error is followed by the end of the run. */
  ended(outcome: RunOutcome): void {
    this.#outcome ??= outcome;
  }

  done(milliseconds: number, firstRow: number | undefined): RunOutcome {
    const outcome: RunOutcome = this.#outcome ?? {
      kind: 'ok',
      rows: this.#affected,
      tags: this.#tags,
      results: this.#results.size,
    };
    this.#outcome = outcome;
    this.#log = { ...this.#log, milliseconds, ...(firstRow !== undefined && { firstRow }) };
    return outcome;
  }

  /** Its line in the log, with how it ended. */
  finished(): RunLog {
    return { ...this.#log, ...(this.#outcome && { outcome: this.#outcome }) };
  }

  /** The text of its last result, one row a line: the plan of an EXPLAIN. */
  planText(): string | undefined {
    const result = this.results.at(-1);
    if (result === undefined) return undefined;
    const { columns, store } = result;
    return Array.from({ length: store.length }, (_, row) => cellText({ columns, store }, row, 0) ?? '').join(
      '\n',
    );
  }
}

const gridColumn = ({ name, typeName, masked }: SqlColumn): GridColumn => ({
  name,
  type: typeName,
  format: 'text',
  ...(masked && { masked }),
});

/** A result as it is now, for whoever shows it. */
export const viewOf = ({ id, columns, store, tag }: GrowingResult): ResultView => ({
  id,
  rows: { columns, store },
  length: store.length,
  ...(tag !== undefined && { tag }),
});
