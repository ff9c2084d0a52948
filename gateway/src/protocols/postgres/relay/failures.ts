import type { Refusal } from '../analysis/plan.ts';
import { errorResponse } from '../codec/backend-messages.ts';
import { readErrorFields, writeErrorFields } from '../codec/error-fields.ts';
import { Backend } from '../codec/message-type.ts';
import { targetViolation } from '../session-failure.ts';
import { CommandTag } from './command-tag.ts';
import type { Conversation } from './conversation.ts';
import type { Gather } from './gather.ts';
import type { Journal } from './journal.ts';
import type { Expected } from './reply-queue.ts';
import { endsSession, requireHarmless } from './result-rules.ts';
import type { RowStream } from './row-stream.ts';
import { policeTexts } from './texts.ts';

/** Errors: the target's, those shown in place of the target's, and those in place of a result. */
export class Failures {
  readonly #conversation: Conversation;
  readonly #gather: Gather;
  readonly #journal: Journal;
  readonly #rows: RowStream;
  #fatal = false;
  /** After a refused result: how many ReadyForQuery until the client may hear of replies again. */
  #swallow = 0;

  constructor(conversation: Conversation, gather: Gather, journal: Journal, rows: RowStream) {
    this.#conversation = conversation;
    this.#gather = gather;
    this.#journal = journal;
    this.#rows = rows;
  }

  /** The target said itself that it ends the session. */
  get fatal(): boolean {
    return this.#fatal;
  }

  /** An ErrorResponse of the target. */
  error(buffer: Buffer, start: number, end: number): void {
    const fields = readErrorFields(buffer, start, end);
    const head = this.#conversation.queue.head;
    const fatal = endsSession(fields);
    if (this.#swallow > 0 && !fatal) return;
    this.#fatal ||= fatal;
    if (head?.refusal !== undefined && !fatal) {
      this.#show(head, head.refusal);
    } else {
      const policed = policeTexts(fields, this.#conversation.texts);
      if (policed === fields) this.#gather.pass(buffer, start, end);
      else this.#gather.put(writeErrorFields(Backend.errorResponse, policed));
      const severity = policed.get('V') ?? policed.get('S') ?? '';
      this.#record(head, policed.get('C') ?? '', severity, policed.get('M') ?? '');
    }
    this.#conversation.copyIn = 0;
    if (head === undefined) return;
    head.refusal = undefined;
    this.#conversation.ran(head);
    this.#rows.close();
    if (head.kind !== 'query' && head.kind !== 'sync') this.#conversation.failUpToSync(this.#journal);
  }

  /**
   * A result that can't be masked with certainty: the client gets an error in its place, and hears nothing more up to
   * its end.
   */
  refuse(head: Expected, refusal: Refusal): void {
    requireHarmless(head.plan, refusal);
    this.#show(head, refusal);
    this.#rows.close();
    this.#swallow = 1;
    if (head.kind !== 'query') this.#swallow += this.#conversation.disownUpToSync(this.#journal);
  }

  /** @returns whether a reply belongs to a refused result. The ReadyForQuery that ends it does not. */
  swallows(type: number, buffer: Buffer, start: number, end: number): boolean {
    if (this.#swallow === 0) return false;
    switch (type) {
      case Backend.copyInResponse:
        throw targetViolation(this.#conversation.resource, 'a COPY after a refused result');
      case Backend.commandComplete:
        new CommandTag(buffer, start, end).apply(this.#conversation, undefined);
        return true;
      case Backend.readyForQuery:
        this.#swallow -= 1;
        return this.#swallow > 0;
      default:
        return true;
    }
  }

  #show(head: Expected, refusal: Refusal): void {
    this.#gather.put(errorResponse('ERROR', refusal));
    this.#record(head, refusal.sqlstate, 'ERROR', `drawbridge: ${refusal.message}`);
  }

  #record(head: Expected | undefined, code: string, severity: string, message: string): void {
    // An error of Sync is that of a transaction's end: booked with what ran last.
    const statement =
      head === undefined || head.kind === 'sync' ? this.#conversation.statements : head.statement;
    if (statement === 0) return;
    const rows = this.#rows.open ? { rows: this.#rows.rows } : {};
    const status = code === '57014' ? 'cancelled' : 'error';
    this.#journal.add({ type: 'result', statement, status, ...rows, error: { code, severity, message } });
  }
}
