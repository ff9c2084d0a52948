import type { Writable } from 'node:stream';
import { FRAME_HEADER, FrameAssembler } from '../codec/frame-assembler.ts';
import { backendLimits } from '../codec/frame-limits.ts';
import { MalformedMessage } from '../codec/message-reader.ts';
import { Backend } from '../codec/message-type.ts';
import { SessionFailure, targetViolation } from '../session-failure.ts';
import type { MaskAnnouncements } from './announcements.ts';
import { CommandTag } from './command-tag.ts';
import type { Conversation, TransactionState } from './conversation.ts';
import { Describer, isRefusal } from './describer.ts';
import { Failures } from './failures.ts';
import { Gather } from './gather.ts';
import { Journal } from './journal.ts';
import { OutOfTurn } from './out-of-turn.ts';
import type { Expected, ReplyKind } from './reply-queue.ts';
import { requireCertainty } from './result-rules.ts';
import { RowStream } from './row-stream.ts';

/** Transaction states of ReadyForQuery: I, T and E. */
const STATES: ReadonlyMap<number, TransactionState> = new Map([
  [0x49, 'none'],
  [0x54, 'open'],
  [0x45, 'failed'],
]);

/**
 * Target to client: the one place that every message from the target passes. Attributes each to the client's message
 * it answers, polices texts, masks rows, records. Chunks come in by `push`; what one brings is recorded with one call
 * and sent with one write.
 */
export class BackendRelay {
  readonly #conversation: Conversation;
  readonly #client: Writable;
  readonly #assembler = new FrameAssembler();
  readonly #gather = new Gather();
  readonly #journal: Journal;
  readonly #outOfTurn: OutOfTurn;
  readonly #describer: Describer;
  readonly #rows: RowStream;
  readonly #failures: Failures;
  readonly #masks: MaskAnnouncements | undefined;
  #held = false;

  /**
   * @param masks told to the client before each result, where it asked for that.
   * @param await_ calls `resume` once the work is done, and ends the session if it fails.
   */
  constructor(
    conversation: Conversation,
    client: Writable,
    masks: MaskAnnouncements | undefined,
    await_: (work: Promise<unknown>) => void,
  ) {
    this.#conversation = conversation;
    this.#client = client;
    this.#masks = masks;
    this.#journal = new Journal(conversation.session);
    this.#outOfTurn = new OutOfTurn(conversation, this.#gather, this.#journal);
    this.#rows = new RowStream(conversation.resource, this.#gather, this.#journal);
    this.#failures = new Failures(conversation, this.#gather, this.#journal, this.#rows);
    this.#describer = new Describer(conversation, (work) => {
      this.#held = true;
      await_(work);
    });
  }

  /** The target's messages wait for the analysis. */
  get held(): boolean {
    return this.#held;
  }

  /** The target said itself that it ends the session. */
  get fatal(): boolean {
    return this.#failures.fatal;
  }

  /** @throws SessionFailure, RecordingFailed */
  push(chunk: Buffer): void {
    if (this.#held) {
      this.#assembler.keep(chunk, 0, FRAME_HEADER);
      return;
    }
    const buffer = this.#assembler.add(chunk);
    if (buffer !== undefined) this.#go(buffer);
  }

  /** Goes on where it had to wait. */
  resume(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#go(this.#assembler.take());
  }

  #go(buffer: Buffer): void {
    try {
      this.#messages(buffer);
    } catch (error) {
      // What came before the one that can't pass is whole and checked.
      if (error instanceof SessionFailure) this.#forward();
      throw error;
    }
  }

  #messages(buffer: Buffer): void {
    let at = 0;
    let needed = FRAME_HEADER;
    while (buffer.length - at >= FRAME_HEADER) {
      const type = buffer[at] ?? 0;
      const length = buffer.readInt32BE(at + 1);
      if (length < 4 || length > (backendLimits[type] ?? 0))
        throw this.#violation(`message ${type} of ${length} bytes`);
      needed = 1 + length;
      const end = at + needed;
      if (end > buffer.length) break;
      if (type === Backend.dataRow && this.#rows.open) this.#rows.row(buffer, at, end);
      else if (!this.#message(type, buffer, at, end)) break;
      at = end;
      needed = FRAME_HEADER;
    }
    this.#forward();
    this.#assembler.keep(buffer, at, needed);
  }

  #forward(): void {
    this.#journal.flush();
    this.#gather.flush(this.#client);
  }

  /** @returns false when the message has to wait. */
  #message(type: number, buffer: Buffer, start: number, end: number): boolean {
    try {
      switch (type) {
        case Backend.parameterStatus:
          this.#outOfTurn.parameterStatus(buffer, start, end);
          return true;
        case Backend.noticeResponse:
          this.#outOfTurn.notice(buffer, start, end);
          return true;
        case Backend.notificationResponse:
          this.#outOfTurn.notification(buffer, start, end);
          return true;
        case Backend.errorResponse:
          this.#failures.error(buffer, start, end);
          return true;
        default:
      }
      const head = this.#conversation.queue.head;
      if (this.#failures.swallows(type, buffer, start, end)) return true;
      if (head === undefined) throw this.#violation(`message ${type} that nothing asked for`);
      if (head.refusal !== undefined) throw this.#violation('it took a refused statement');
      return this.#reply(head, type, buffer, start, end);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      throw this.#violation(`message ${type}: ${error.message}`);
    }
  }

  #reply(head: Expected, type: number, buffer: Buffer, start: number, end: number): boolean {
    const { names } = this.#conversation;
    switch (type) {
      case Backend.dataRow:
        return this.#firstRow(head, buffer, start, end);
      case Backend.rowDescription:
        return this.#description(head, buffer, start, end);
      case Backend.parseComplete:
        this.#expect(head, type, 'parse');
        if (head.prepared !== undefined) names.confirmPrepared(head.prepared);
        return this.#answered(head, buffer, start, end);
      case Backend.bindComplete:
        this.#expect(head, type, 'bind');
        requireCertainty(head.prepared !== undefined && names.isSure(head.prepared));
        if (head.portal !== undefined) names.confirmPortal(head.portal);
        return this.#answered(head, buffer, start, end);
      case Backend.closeComplete:
        this.#expect(head, type, 'close-statement', 'close-portal');
        return this.#answered(head, buffer, start, end);
      case Backend.parameterDescription:
        this.#expect(head, type, 'describe-statement');
        if (head.prepared !== undefined)
          head.prepared.describedTypes = buffer.toString('hex', start + FRAME_HEADER + 2, end);
        if (!head.hidden) this.#gather.pass(buffer, start, end);
        return true;
      case Backend.noData:
        this.#expect(head, type, 'describe-statement', 'describe-portal');
        return this.#answered(head, buffer, start, end);
      case Backend.commandComplete:
        return this.#complete(head, buffer, start, end);
      case Backend.emptyQueryResponse:
        this.#expect(head, type, 'execute', 'query');
        this.#journal.add({ type: 'result', statement: head.statement, status: 'ok' });
        return this.#ran(head, buffer, start, end);
      case Backend.portalSuspended:
        this.#expect(head, type, 'execute');
        this.#journal.add({
          type: 'result',
          statement: head.statement,
          status: 'suspended',
          rows: this.#rows.rows,
        });
        return this.#ran(head, buffer, start, end);
      case Backend.readyForQuery:
        return this.#ready(head, buffer, start, end);
      case Backend.copyInResponse:
      case Backend.copyOutResponse:
      case Backend.copyData:
      case Backend.copyDone:
        return this.#copy(head, type, buffer, start, end);
      default:
        throw this.#violation(`message ${type}`);
    }
  }

  /** The head has its answer. */
  #answered(head: Expected, buffer: Buffer, start: number, end: number): boolean {
    if (!head.hidden) this.#gather.pass(buffer, start, end);
    this.#conversation.queue.pop();
    return true;
  }

  /** The head's run is over, or one of the statements of a query. */
  #ran(head: Expected, buffer: Buffer, start: number, end: number): boolean {
    this.#conversation.ran(head);
    this.#rows.close();
    this.#gather.pass(buffer, start, end);
    if (head.kind === 'execute') this.#conversation.queue.pop();
    return true;
  }

  #description(head: Expected, buffer: Buffer, start: number, end: number): boolean {
    this.#expect(head, Backend.rowDescription, 'query', 'describe-statement', 'describe-portal');
    const { names } = this.#conversation;
    if (head.kind === 'describe-statement')
      requireCertainty(head.prepared !== undefined && names.isSure(head.prepared));
    if (head.kind === 'describe-portal')
      requireCertainty(head.portal !== undefined && names.isSurePortal(head.portal));
    const described = this.#describer.describe(head, buffer, start, end);
    if (described === undefined) return false;
    const { outcome } = described;
    if (isRefusal(outcome)) {
      // Asked by us: nothing ran yet, and Bind will be told.
      if (head.hidden) return this.#answered(head, buffer, start, end);
      this.#failures.refuse(head, outcome);
      return true;
    }
    if (!head.hidden) {
      const masks = this.#masks?.before(outcome.columns);
      if (masks !== undefined) this.#gather.put(masks);
      if (outcome.rowDescription === described.frame) this.#gather.pass(buffer, start, end);
      else this.#gather.put(outcome.rowDescription);
    }
    if (head.kind === 'query') this.#rows.begin(head, outcome);
    else this.#conversation.queue.pop();
    return true;
  }

  /** The first row of an Execute: of a simple query it would come after RowDescription. */
  #firstRow(head: Expected, buffer: Buffer, start: number, end: number): boolean {
    const { portal, plan } = head;
    if (head.kind !== 'execute' || portal === undefined || plan === undefined)
      throw this.#violation('a row without its description');
    requireCertainty(this.#conversation.names.isSurePortal(portal));
    const described = this.#describer.describePortal(portal);
    if (described === 'wait') return false;
    if (described === undefined && plan.masks) throw this.#violation('a row without its description');
    const outcome = described?.outcome;
    if (outcome !== undefined && isRefusal(outcome)) {
      this.#failures.refuse(head, outcome);
      return true;
    }
    this.#rows.begin(head, outcome);
    this.#rows.row(buffer, start, end);
    return true;
  }

  #complete(head: Expected, buffer: Buffer, start: number, end: number): boolean {
    this.#expect(head, Backend.commandComplete, 'execute', 'query');
    const tag = new CommandTag(buffer, start, end);
    tag.apply(this.#conversation, head.plan);
    this.#journal.completed(head.statement, tag.text, this.#rows.open ? this.#rows.rows : tag.rows);
    return this.#ran(head, buffer, start, end);
  }

  #copy(head: Expected, type: number, buffer: Buffer, start: number, end: number): boolean {
    this.#expect(head, type, 'execute', 'query');
    const { queue } = this.#conversation;
    if (type === Backend.copyInResponse) {
      this.#conversation.copyIn = head.statement;
      queue.dropSyncsAfterHead();
    } else if (type === Backend.copyOutResponse) {
      this.#rows.copyOut = true;
    } else {
      if (!this.#rows.copyOut) throw this.#violation('bulk data out of turn');
      if (type === Backend.copyData) this.#journal.frame('out', head.statement, buffer, start, end);
      else this.#rows.copyOut = false;
    }
    this.#gather.pass(buffer, start, end);
    return true;
  }

  #ready(head: Expected, buffer: Buffer, start: number, end: number): boolean {
    this.#expect(head, Backend.readyForQuery, 'sync', 'query');
    const state = STATES.get(buffer[start + FRAME_HEADER] ?? 0);
    if (end - start !== FRAME_HEADER + 1 || state === undefined)
      throw this.#violation('an unknown transaction state');
    const { sequence } = head;
    this.#conversation.copyIn = 0;
    this.#rows.close();
    this.#answered(head, buffer, start, end);
    this.#conversation.ready(sequence, state);
    return true;
  }

  #expect(head: Expected, type: number, one: ReplyKind, two?: ReplyKind, three?: ReplyKind): void {
    if (head.kind !== one && head.kind !== two && head.kind !== three)
      throw this.#violation(`message ${type} in answer to ${head.kind}`);
  }

  #violation(what: string): SessionFailure {
    return targetViolation(this.#conversation.resource, what);
  }
}
