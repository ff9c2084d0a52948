import { decodeDataRows } from '@drawbridge/contract';
import type { SqlColumn, SqlError, SqlEvent } from '../ipc/sql-port.ts';
import { RowChunks } from './row-chunks.ts';

/** What answers to one simple query arrive at. */
export interface QueryAnswers {
  columns(columns: readonly SqlColumn[]): void;
  row(frame: Buffer): void;
  /** The end of what came with one read of the socket. */
  pause(): void;
  complete(tag: string): void;
  notice(severity: string, message: string): void;
  error(error: SqlError): void;
  done(): void;
  /** Whether nothing more should be read for now. */
  readonly full: boolean;
}

/** A query of the person's: everything goes to the console. */
export class SqlRun implements QueryAnswers {
  readonly #run: number;
  readonly #send: (event: SqlEvent) => void;
  readonly #now: () => number;
  readonly #started: number;
  readonly #chunks: RowChunks;
  #result = 0;
  #resultStarted: number;
  #rows = 0;
  #firstRow: number | undefined;
  #described = false;
  #discarding = false;
  #discarded = 0;

  constructor(run: number, send: (event: SqlEvent) => void, now: () => number) {
    this.#run = run;
    this.#send = send;
    this.#now = now;
    this.#started = now();
    this.#resultStarted = this.#started;
    this.#chunks = new RowChunks(({ count, frames }) =>
      send({ type: 'rows', run, result: this.#result, count, frames }),
    );
  }

  get full(): boolean {
    return this.#chunks.full && !this.#discarding;
  }

  acknowledge(): void {
    this.#chunks.acknowledge();
  }

  /** After a cancel what is still under way is read, so that the end comes, but no longer kept for a console that is full. */
  cancel(): void {
    this.#discarding = true;
  }

  columns(columns: readonly SqlColumn[]): void {
    this.#described = true;
    this.#send({ type: 'columns', run: this.#run, result: this.#result, columns });
  }

  row(frame: Buffer): void {
    this.#firstRow ??= this.#elapsed();
    if (this.#discarding && this.#chunks.full) {
      this.#discarded += 1;
      return;
    }
    this.#rows += 1;
    this.#chunks.add(frame);
  }

  pause(): void {
    // Few and early rows show at once; while the console has work, larger chunks cost less.
    if (!this.#chunks.full) this.#chunks.flush();
  }

  complete(tag: string): void {
    this.#chunks.flush();
    if (this.#discarded > 0) {
      this.notice('WARNING', `${this.#discarded} rows came after the cancel and were not kept`);
      this.#discarded = 0;
    }
    const milliseconds = this.#now() - this.#resultStarted;
    this.#send({ type: 'result', run: this.#run, result: this.#result, tag, rows: this.#rows, milliseconds });
    this.#next();
  }

  notice(severity: string, message: string): void {
    this.#send({ type: 'notice', run: this.#run, severity, message });
  }

  error(error: SqlError): void {
    this.#chunks.flush();
    this.#send({ type: 'error', run: this.#run, error, milliseconds: this.#now() - this.#resultStarted });
    if (this.#described) this.#next();
  }

  done(): void {
    const firstRow = this.#firstRow === undefined ? {} : { firstRow: this.#firstRow };
    this.#send({ type: 'done', run: this.#run, milliseconds: this.#elapsed(), ...firstRow });
  }

  #next(): void {
    this.#result += 1;
    this.#rows = 0;
    this.#described = false;
    this.#resultStarted = this.#now();
  }

  #elapsed(): number {
    return this.#now() - this.#started;
  }
}

type TextRow = readonly (string | null)[];

/** A query of the app's own, read whole as text: small catalog results. */
export class CollectedQuery implements QueryAnswers {
  readonly full = false;
  readonly #settle: (results: readonly (readonly TextRow[])[] | undefined) => void;
  readonly #results: TextRow[][] = [];
  #failed = false;

  /** `settle` gets the rows of each statement, or undefined where one failed. */
  constructor(settle: (results: readonly (readonly TextRow[])[] | undefined) => void) {
    this.#settle = settle;
  }

  columns(): void {
    this.#results.push([]);
  }

  row(frame: Buffer): void {
    const rows = decodeDataRows(frame).map((row) =>
      row.map((cell) => (cell === null ? null : Buffer.from(cell).toString('utf8'))),
    );
    this.#results.at(-1)?.push(...rows);
  }

  pause(): void {}
  complete(): void {}
  notice(): void {}

  error(): void {
    this.#failed = true;
  }

  done(): void {
    this.#settle(this.#failed ? undefined : this.#results);
  }
}
