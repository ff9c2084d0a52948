import type { Writable } from 'node:stream';
import { FRAME_HEADER, FrameAssembler } from '../codec/frame-assembler.ts';
import { frontendLimits } from '../codec/frame-limits.ts';
import { flush } from '../codec/frontend-messages.ts';
import { MalformedMessage, MessageReader } from '../codec/message-reader.ts';
import { Frontend } from '../codec/message-type.ts';
import { clientViolation, SessionFailure } from '../session-failure.ts';
import type { Conversation } from './conversation.ts';
import { Gather } from './gather.ts';
import type { Estimate } from './held-statement.ts';
import { Journal } from './journal.ts';
import type { ClientVoice, ReviewWait } from './review-wait.ts';
import { StatementGate } from './statement-gate.ts';

/** More messages than this without an answer, and the client has to wait. */
const MOST_PENDING = 20_000;
const FLUSH = flush();

/** What a client may send on while something of it waits for people, in bytes; with more it has to wait. */
const MOST_BEHIND = 1024 * 1024;

/** What the client's bytes wait for. */
type Hold = 'analysis' | 'target' | 'review' | undefined;

/**
 * Client to target. Chunks come in by `push`; what one brings is recorded with one call and then sent on with one
 * write.
 */
export class FrontendRelay {
  readonly #conversation: Conversation;
  readonly #target: Writable;
  readonly #assembler = new FrameAssembler();
  readonly #gather = new Gather();
  readonly #journal: Journal;
  readonly #gate: StatementGate;
  #hold: Hold;
  #flushed = false;
  #terminated = false;

  /** @param await_ calls `resume` once the work is done, and ends the session if it fails. */
  constructor(
    conversation: Conversation,
    target: Writable,
    voice: ClientVoice,
    estimate: Estimate | undefined,
    await_: (work: Promise<unknown>) => void,
  ) {
    this.#conversation = conversation;
    this.#target = target;
    this.#journal = new Journal(conversation.session);
    const wait = (hold: Hold) => (work: Promise<unknown>) => {
      this.#hold = hold;
      await_(work);
    };
    const target_ = () => void this.#wait();
    const waiting = { analysis: wait('analysis'), review: wait('review'), target: target_ };
    this.#gate = new StatementGate(conversation, this.#gather, this.#journal, waiting, voice, estimate);
  }

  /** The client's bytes wait: for the analysis, for people, or for the target to say more. */
  get hold(): Hold {
    return this.#hold;
  }

  /** The client is to be read no further. Of one that waits for people it has to be seen when it leaves. */
  get full(): boolean {
    if (this.#hold === undefined) return false;
    return this.#hold !== 'review' || this.#assembler.kept > MOST_BEHIND;
  }

  get review(): ReviewWait {
    return this.#gate.review;
  }

  /** The client said goodbye. */
  get terminated(): boolean {
    return this.#terminated;
  }

  /** @throws SessionFailure, RecordingFailed */
  push(chunk: Buffer): void {
    if (this.#hold !== undefined) {
      this.#assembler.keep(chunk, 0, FRAME_HEADER);
      return;
    }
    const buffer = this.#assembler.add(chunk);
    if (buffer !== undefined) this.#go(buffer);
  }

  /** Goes on where it had to wait. */
  resume(): void {
    if (this.#hold === undefined) return;
    this.#hold = undefined;
    this.#go(this.#assembler.take());
  }

  #go(buffer: Buffer): void {
    let at = 0;
    let needed = FRAME_HEADER;
    while (buffer.length - at >= FRAME_HEADER && !this.#terminated) {
      const type = buffer[at] ?? 0;
      const length = buffer.readInt32BE(at + 1);
      const limit = frontendLimits[type] ?? 0;
      if (limit === 0) throw clientViolation(`there is no message of type ${type}`);
      if (length < 4 || length > limit)
        throw clientViolation(`a message of type ${type} can't have ${length} bytes`);
      needed = 1 + length;
      if (at + needed > buffer.length) break;
      if (!this.#message(type, buffer, at, at + needed)) break;
      this.#flushed = false;
      at += needed;
      needed = FRAME_HEADER;
    }
    this.#journal.flush();
    this.#gather.flush(this.#target);
    this.#assembler.keep(buffer, at, needed);
  }

  /** @returns false when the message has to wait. */
  #message(type: number, buffer: Buffer, start: number, end: number): boolean {
    const conversation = this.#conversation;
    if (conversation.skipping && type !== Frontend.sync && type !== Frontend.terminate) {
      // The target would ignore it: it need not get there.
      this.#gate.forget();
      return true;
    }
    if (conversation.queue.size >= MOST_PENDING && type !== Frontend.terminate) return this.#wait();
    try {
      switch (type) {
        case Frontend.copyData:
        case Frontend.copyDone:
        case Frontend.copyFail:
          return this.#copy(type, buffer, start, end);
        case Frontend.sync:
        case Frontend.flush:
          return this.#boundary(type, buffer, start, end);
        case Frontend.terminate:
          this.#terminated = true;
          this.#gather.pass(buffer, start, end);
          return true;
        default:
          if (conversation.copyIn !== 0)
            throw clientViolation(`a message of type ${type} can't come during COPY`);
          return this.#statement(type, buffer, start, end);
      }
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      throw clientViolation(`a message of type ${type} is malformed: ${error.message}`, { cause: error });
    }
  }

  #statement(type: number, buffer: Buffer, start: number, end: number): boolean {
    const gate = this.#gate;
    switch (type) {
      case Frontend.query:
        return gate.query(buffer, start, end);
      case Frontend.parse:
        return gate.parse(buffer, start, end);
      case Frontend.bind:
        return gate.bind(buffer, start, end);
      case Frontend.describe:
        return gate.describe(buffer, start, end);
      case Frontend.execute:
        return gate.execute(buffer, start, end);
      case Frontend.close:
        return gate.close(buffer, start, end);
      default:
        throw new SessionFailure('protocol_error', {
          sqlstate: '0A000',
          message: "the function call sub-protocol can't be checked, so it is not passed on",
          hint: 'Call the function with SELECT.',
        });
    }
  }

  #boundary(type: number, buffer: Buffer, start: number, end: number): boolean {
    new MessageReader(buffer, start + FRAME_HEADER, end).finish();
    const conversation = this.#conversation;
    // The target ignores both while it takes bulk data.
    if (conversation.copyIn !== 0) return true;
    if (type === Frontend.sync) {
      conversation.skipping = false;
      conversation.queue.push('sync');
    }
    this.#gather.pass(buffer, start, end);
    return true;
  }

  #copy(type: number, buffer: Buffer, start: number, end: number): boolean {
    const conversation = this.#conversation;
    if (conversation.copyIn === 0) {
      // Either the target has yet to say that it takes bulk data, or it is left over from a COPY that failed.
      return conversation.queue.runs > 0 ? this.#wait() : true;
    }
    if (type === Frontend.copyData) this.#journal.frame('in', conversation.copyIn, buffer, start, end);
    else conversation.copyIn = 0;
    this.#gather.pass(buffer, start, end);
    return true;
  }

  /** Waits for the target, which may itself wait to be asked for what it has to say. */
  #wait(): false {
    if (!this.#flushed) this.#gather.put(FLUSH);
    this.#flushed = true;
    this.#hold = 'target';
    return false;
  }
}
