import type { Writable } from 'node:stream';
import type { Refusal, ResultMask } from '../analysis/plan.ts';
import { errorResponse, notificationResponse } from '../codec/backend-messages.ts';
import { type ErrorFields, readErrorFields, writeErrorFields } from '../codec/error-fields.ts';
import { FRAME_HEADER, FrameAssembler } from '../codec/frame-assembler.ts';
import { backendLimits } from '../codec/frame-limits.ts';
import { MalformedMessage, MessageReader } from '../codec/message-reader.ts';
import { Backend } from '../codec/message-type.ts';
import { SessionFailure, targetViolation } from '../session-failure.ts';
import type { Conversation } from './conversation.ts';
import { Describer, isRefusal } from './describer.ts';
import { Gather } from './gather.ts';
import { Journal } from './journal.ts';
import type { Described } from './names.ts';
import type { Expected, ReplyKind } from './reply-queue.ts';
import { policeTexts } from './texts.ts';

/** Transaction states of ReadyForQuery. */
const IDLE = 0x49;
const STATES: readonly number[] = [IDLE, 0x54, 0x45];
/** Commands that change the catalog, by the first word of their tag. */
const DDL_TAG = /^(CREATE|ALTER|DROP|IMPORT)\b/;

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
  readonly #describer: Describer;
  #held = false;
  #fatal = false;

  /** A result's rows may come; how many have, and what they have to go through. */
  #open = false;
  #rows = 0;
  #mask: ResultMask['maskRow'];
  #grow: ResultMask['grow'];
  /** The last result of a simple query: such texts often come again. */
  #simple: Described | undefined;
  #copyOut = false;
  /** After a refused result: how many ReadyForQuery to come until the client may hear something again. */
  #swallow = 0;

  /** @param await_ calls `resume` once the work is done, and ends the session if it fails. */
  constructor(conversation: Conversation, client: Writable, await_: (work: Promise<unknown>) => void) {
    this.#conversation = conversation;
    this.#client = client;
    this.#journal = new Journal(conversation.session);
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
    return this.#fatal;
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
    let at = 0;
    let needed = FRAME_HEADER;
    while (buffer.length - at >= FRAME_HEADER) {
      const type = buffer[at] ?? 0;
      const length = buffer.readInt32BE(at + 1);
      if (length < 4 || length > (backendLimits[type] ?? 0)) throw this.#violation(`a message of type ${type} with ${length} bytes`);
      needed = 1 + length;
      const end = at + needed;
      if (end > buffer.length) break;
      if (type === Backend.dataRow && this.#open) this.#row(buffer, at, end);
      else if (!this.#message(type, buffer, at, end)) break;
      at = end;
      needed = FRAME_HEADER;
    }
    this.#journal.flush();
    this.#gather.flush(this.#client);
    this.#assembler.keep(buffer, at, needed);
  }

  #row(buffer: Buffer, start: number, end: number): void {
    this.#rows += 1;
    const statement = this.#conversation.queue.head?.statement ?? 0;
    if (this.#mask === undefined) {
      this.#journal.frame('rows', statement, buffer, start, end);
      this.#gather.pass(buffer, start, end);
      return;
    }
    const length = end - start;
    const room = this.#gather.room(this.#grow?.(length) ?? length);
    const at = this.#gather.roomAt;
    const masked = this.#mask(buffer, start, end, room, at);
    this.#journal.frame('rows', statement, room, at, masked);
    this.#gather.wrote(masked);
  }

  /** @returns false when the message has to wait. */
  #message(type: number, buffer: Buffer, start: number, end: number): boolean {
    try {
      switch (type) {
        case Backend.parameterStatus:
          return this.#parameterStatus(buffer, start, end);
        case Backend.noticeResponse:
          return this.#notice(buffer, start, end);
        case Backend.notificationResponse:
          return this.#notification(buffer, start, end);
        case Backend.errorResponse:
          return this.#error(buffer, start, end);
        default:
      }
      if (this.#swallow > 0) return this.#swallowed(type, buffer, start, end);
      return this.#reply(type, buffer, start, end);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      throw this.#violation(`a message of type ${type}: ${error.message}`);
    }
  }

  #reply(type: number, buffer: Buffer, start: number, end: number): boolean {
    const { queue } = this.#conversation;
    const head = queue.head;
    if (head === undefined) throw this.#violation(`a message of type ${type} that nothing asked for`);
    if (head.refusal !== undefined) throw this.#violation('it took a refused statement');
    switch (type) {
      case Backend.dataRow:
        return this.#firstRow(head, buffer, start, end);
      case Backend.parseComplete:
        this.#expect(head, type, 'parse');
        this.#confirmStatement(head);
        break;
      case Backend.bindComplete:
        this.#expect(head, type, 'bind');
        this.#confirmPortal(head);
        break;
      case Backend.closeComplete:
        this.#expect(head, type, 'close-statement', 'close-portal');
        break;
      case Backend.parameterDescription:
        this.#expect(head, type, 'describe-statement');
        this.#confident(head);
        if (!head.hidden) this.#gather.pass(buffer, start, end);
        return true;
      case Backend.noData:
        this.#expect(head, type, 'describe-statement', 'describe-portal');
        if (head.kind === 'describe-statement' && head.prepared !== undefined) head.prepared.rowDescription = null;
        break;
      case Backend.rowDescription:
        return this.#rowDescription(head, buffer, start, end);
      case Backend.commandComplete:
        this.#complete(head, buffer, start, end);
        return true;
      case Backend.emptyQueryResponse:
        this.#expect(head, type, 'execute', 'query');
        this.#journal.add({ type: 'result', statement: head.statement, status: 'ok' });
        return this.#ended(head, buffer, start, end);
      case Backend.portalSuspended:
        this.#expect(head, type, 'execute');
        this.#journal.add({ type: 'result', statement: head.statement, status: 'suspended', rows: this.#rows });
        return this.#ended(head, buffer, start, end);
      case Backend.readyForQuery:
        return this.#ready(head, buffer, start, end);
      case Backend.copyInResponse:
      case Backend.copyOutResponse:
      case Backend.copyData:
      case Backend.copyDone:
        return this.#copy(head, type, buffer, start, end);
      default:
        throw this.#violation(`a message of type ${type}`);
    }
    const { hidden } = head;
    queue.pop();
    if (!hidden) this.#gather.pass(buffer, start, end);
    return true;
  }

  #confirmStatement({ prepared }: Expected): void {
    if (prepared === undefined) return;
    prepared.confirmed = true;
    prepared.epoch = this.#conversation.names.prepareEpoch;
  }

  #confirmPortal(head: Expected): void {
    this.#confident(head);
    if (head.portal === undefined) return;
    head.portal.confirmed = true;
    head.portal.epoch = this.#conversation.names.declareEpoch;
  }

  /**
   * The answer is about the statement that the client's message meant when it passed here. Not so where a Parse failed
   * because the name was taken, or where SQL gave it to something else: masks and records would be another statement's.
   */
  #confident({ prepared, portal, kind }: Expected): void {
    const { names } = this.#conversation;
    const sure = kind === 'bind' || portal === undefined ? prepared !== undefined && names.isSure(prepared) : names.isSurePortal(portal);
    if (sure) return;
    throw new SessionFailure('protocol_error', {
      sqlstate: '08P01',
      message: 'a name was used for two statements at once, so it is not certain which of them ran',
      hint: 'Use other names, or wait for the answer to one statement before its name is used again.',
    });
  }

  #rowDescription(head: Expected, buffer: Buffer, start: number, end: number): boolean {
    const { plan, prepared, portal } = head;
    if (plan === undefined) throw this.#violation('a result that nothing asked for');
    switch (head.kind) {
      case 'query': {
        const described = this.#describer.describe(buffer, start, end, plan, undefined, this.#simple?.plan === plan ? this.#simple : undefined);
        if (described === undefined) return false;
        this.#simple = { ...described, plan };
        if (isRefusal(described.outcome)) return this.#refuse(head, described.outcome);
        this.#passDescription(described, described.outcome, buffer, start, end);
        this.#begin(head, described.outcome, undefined);
        return true;
      }
      default:
    }
    return true;
  }
}
