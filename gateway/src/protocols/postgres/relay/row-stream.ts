import type { ResultMask } from '../analysis/plan.ts';
import { type SessionFailure, targetViolation } from '../session-failure.ts';
import type { Gather } from './gather.ts';
import type { Journal } from './journal.ts';
import type { Expected } from './reply-queue.ts';

/** The rows of the result that the target sends now: masked, counted and recorded. */
export class RowStream {
  readonly #resource: string;
  readonly #gather: Gather;
  readonly #journal: Journal;
  #statement = 0;
  #mask: ResultMask['maskRow'];
  #grow: ResultMask['grow'];
  #open = false;
  #rows = 0;
  /** Bulk data comes instead of rows. */
  copyOut = false;

  constructor(resource: string, gather: Gather, journal: Journal) {
    this.#resource = resource;
    this.#gather = gather;
    this.#journal = journal;
  }

  /** Rows may come. */
  get open(): boolean {
    return this.#open;
  }

  /** Rows so far. */
  get rows(): number {
    return this.#rows;
  }

  /** A result begins; its columns are recorded once for a statement that is run many times. */
  begin(head: Expected, result: ResultMask | undefined): void {
    this.#open = true;
    this.#rows = 0;
    this.#statement = head.statement;
    this.#mask = result?.maskRow;
    this.#grow = result?.grow;
    if (result === undefined || head.prepared?.recorded === result) return;
    if (head.prepared !== undefined) head.prepared.recorded = result;
    this.#journal.add({ type: 'columns', statement: head.statement, columns: [...result.columns] });
  }

  /** One DataRow. @throws SessionFailure when it can't be masked. */
  row(buffer: Buffer, start: number, end: number): void {
    this.#rows += 1;
    const mask = this.#mask;
    if (mask === undefined) {
      this.#journal.frame('rows', this.#statement, buffer, start, end);
      this.#gather.pass(buffer, start, end);
      return;
    }
    const size = this.#grow?.(end - start) ?? end - start;
    const room = this.#gather.room(size);
    const at = this.#gather.roomAt;
    const masked = this.#masked(mask, buffer, start, end, room, at);
    if (masked - at > size) throw this.#unmaskable(undefined);
    this.#journal.frame('rows', this.#statement, room, at, masked);
    this.#gather.wrote(masked);
  }

  close(): void {
    this.#open = false;
    this.copyOut = false;
    this.#rows = 0;
    this.#mask = undefined;
    this.#grow = undefined;
  }

  #masked(
    mask: NonNullable<ResultMask['maskRow']>,
    buffer: Buffer,
    start: number,
    end: number,
    room: Buffer,
    at: number,
  ): number {
    try {
      return mask(buffer, start, end, room, at);
    } catch (error) {
      throw this.#unmaskable(error);
    }
  }

  #unmaskable(cause: unknown): SessionFailure {
    return targetViolation(this.#resource, "a row that can't be masked", { cause });
  }
}
