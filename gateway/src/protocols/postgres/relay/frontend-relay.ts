import { isUtf8 } from 'node:buffer';
import type { Writable } from 'node:stream';
import type { Refusal, StatementPlan } from '../analysis/plan.ts';
import { FRAME_HEADER, FrameAssembler } from '../codec/frame-assembler.ts';
import { frontendLimits } from '../codec/frame-limits.ts';
import { describeStatement, flush, parseMessage, query } from '../codec/frontend-messages.ts';
import { MalformedMessage, MessageReader } from '../codec/message-reader.ts';
import { Frontend } from '../codec/message-type.ts';
import { clientViolation, SessionFailure } from '../session-failure.ts';
import { readBindMessage } from './bind-message.ts';
import type { Conversation } from './conversation.ts';
import { Gather } from './gather.ts';
import { Journal } from './journal.ts';
import type { Portal, Prepared } from './names.ts';

/** More messages than this without an answer, and the client has to wait. */
const MOST_PENDING = 20_000;
const FLUSH = flush();

/** Why the client's bytes wait. */
type Hold = 'analysis' | 'target' | undefined;

/**
 * Client to target: plans each statement, records it, and sends it on. Chunks come in by `push`; what one brings is
 * recorded with one call and sent with one write.
 */
export class FrontendRelay {
  readonly #conversation: Conversation;
  readonly #target: Writable;
  readonly #await: (work: Promise<unknown>) => void;
  readonly #assembler = new FrameAssembler();
  readonly #gather = new Gather();
  readonly #journal: Journal;
  /** In place of a refused statement goes a text that the target must refuse without doing anything. */
  readonly #refusedText: string;
  #hold: Hold;
  #planned: StatementPlan | undefined;
  #flushed = false;
  #terminated = false;

  /** @param await calls `resume` once the work is done, and ends the session if it fails. */
  constructor(conversation: Conversation, target: Writable, await_: (work: Promise<unknown>) => void) {
    this.#conversation = conversation;
    this.#target = target;
    this.#await = await_;
    this.#journal = new Journal(conversation.session);
    this.#refusedText = `drawbridge refused this statement, session ${conversation.session.id}`;
  }

  /** The client's bytes wait; `analysis` until its work is done, `target` until the target said more. */
  get hold(): Hold {
    return this.#hold;
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
      if (length < 4 || length > limit) throw clientViolation(`a message of type ${type} can't have ${length} bytes`);
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
      // The target would ignore it: it never gets there.
      this.#planned = undefined;
      return true;
    }
    if (conversation.queue.size >= MOST_PENDING && type !== Frontend.terminate) return this.#wait();
    try {
      switch (type) {
        case Frontend.copyData:
        case Frontend.copyDone:
        case Frontend.copyFail:
          return this.#copy(type, buffer, start, end);
        case Frontend.terminate:
          this.#terminated = true;
          this.#gather.pass(buffer, start, end);
          return true;
        case Frontend.sync:
        case Frontend.flush:
          new MessageReader(buffer, start + FRAME_HEADER, end).finish();
          return this.#boundary(type, buffer, start, end);
        default:
      }
      if (conversation.copyIn !== 0) throw clientViolation(`a message of type ${type} can't come during COPY`);
      switch (type) {
        case Frontend.query:
          return this.#query(buffer, start, end);
        case Frontend.parse:
          return this.#parse(buffer, start, end);
        case Frontend.bind:
          return this.#bind(buffer, start, end);
        case Frontend.describe:
          return this.#describe(buffer, start, end);
        case Frontend.execute:
          return this.#execute(buffer, start, end);
        case Frontend.close:
          return this.#close(buffer, start, end);
        default:
          throw new SessionFailure('protocol_error', {
            sqlstate: '0A000',
            message: "the function call sub-protocol can't be checked, so it is not passed on",
            hint: 'Call the function with SELECT.',
          });
      }
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      throw clientViolation(`a message of type ${type} is malformed: ${error.message}`, { cause: error });
    }
  }

  #query(buffer: Buffer, start: number, end: number): boolean {
    const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
    const text = reader.cstringBytes();
    reader.finish();
    const plan = this.#plan(text);
    if (plan === undefined) return false;
    const expected = this.#conversation.queue.push('query');
    expected.plan = plan;
    expected.statement = this.#recordStatement('simple', plan);
    expected.refusal = plan.refusal;
    if (plan.refusal === undefined) this.#gather.pass(buffer, start, end);
    else this.#gather.put(query(this.#refusedText));
    return true;
  }

  #parse(buffer: Buffer, start: number, end: number): boolean {
    const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
    const name = reader.cstring();
    const text = reader.cstringBytes();
    reader.bytes(4 * reader.uint16());
    reader.finish();
    const plan = this.#plan(text);
    if (plan === undefined) return false;
    const { queue, names } = this.#conversation;
    const expected = queue.push('parse');
    const statement = this.#recordStatement('prepare', plan);
    expected.plan = plan;
    expected.statement = statement;
    if (plan.refusal !== undefined) {
      expected.refusal = plan.refusal;
      this.#gather.put(parseMessage(name, this.#refusedText));
      return true;
    }
    const prepared: Prepared = {
      name,
      statement,
      plan,
      confirmed: false,
      epoch: 0,
      rowDescription: undefined,
      described: undefined,
      recorded: undefined,
    };
    expected.prepared = prepared;
    expected.before = names.setPrepared(name, prepared);
    this.#gather.pass(buffer, start, end);
    if (plan.masks) this.#describeForUs(prepared);
    return true;
  }

  /** No row may pass before its RowDescription was seen, and the client may not ask for it. */
  #describeForUs(prepared: Prepared): void {
    const expected = this.#conversation.queue.push('describe-statement');
    expected.prepared = prepared;
    expected.plan = prepared.plan;
    expected.statement = prepared.statement;
    expected.hidden = true;
    this.#gather.put(describeStatement(prepared.name));
  }

  #bind(buffer: Buffer, start: number, end: number): boolean {
    const message = readBindMessage(buffer, start, end);
    const { queue, names } = this.#conversation;
    const prepared = names.prepared(message.statement);
    if (prepared === undefined) return this.#refuseName('26000', 'prepared statement', message.statement);
    const outcome = prepared.described?.outcome;
    if (outcome !== undefined && 'sqlstate' in outcome) return this.#refuse(outcome);
    const expected = queue.push('bind');
    const portal: Portal = {
      name: message.portal,
      prepared,
      parameters: message.parameters,
      formats: message.formats,
      sequence: expected.sequence,
      confirmed: false,
      epoch: 0,
      executed: false,
      described: undefined,
    };
    expected.prepared = prepared;
    expected.portal = portal;
    expected.plan = prepared.plan;
    expected.statement = prepared.statement;
    expected.before = names.setPortal(message.portal, portal);
    this.#gather.pass(buffer, start, end);
    return true;
  }

  #describe(buffer: Buffer, start: number, end: number): boolean {
    const { statement, name } = readTarget(buffer, start, end);
    const { queue, names } = this.#conversation;
    if (statement) {
      const prepared = names.prepared(name);
      if (prepared === undefined) return this.#refuseName('26000', 'prepared statement', name);
      const expected = queue.push('describe-statement');
      expected.prepared = prepared;
      expected.plan = prepared.plan;
      expected.statement = prepared.statement;
    } else {
      const portal = names.portal(name);
      if (portal === undefined) return this.#refuseName('34000', 'portal', name);
      const expected = queue.push('describe-portal');
      expected.portal = portal;
      expected.prepared = portal.prepared;
      expected.plan = portal.prepared.plan;
      expected.statement = portal.prepared.statement;
    }
    this.#gather.pass(buffer, start, end);
    return true;
  }

  #execute(buffer: Buffer, start: number, end: number): boolean {
    const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
    const name = reader.cstring();
    reader.int32();
    reader.finish();
    const { queue, names } = this.#conversation;
    const portal = names.portal(name);
    if (portal === undefined) return this.#refuseName('34000', 'portal', name);
    const { prepared } = portal;
    const expected = queue.push('execute');
    expected.portal = portal;
    expected.prepared = prepared;
    expected.plan = prepared.plan;
    expected.statement = prepared.statement;
    if (!portal.executed) {
      portal.executed = true;
      this.#journal.add({ type: 'execute', statement: prepared.statement, parameters: portal.parameters });
    }
    this.#gather.pass(buffer, start, end);
    return true;
  }

  #close(buffer: Buffer, start: number, end: number): boolean {
    const { statement, name } = readTarget(buffer, start, end);
    const { queue, names } = this.#conversation;
    const expected = queue.push(statement ? 'close-statement' : 'close-portal');
    expected.name = name;
    expected.before = statement ? names.setPrepared(name, undefined) : names.setPortal(name, undefined);
    this.#gather.pass(buffer, start, end);
    return true;
  }

  #boundary(type: number, buffer: Buffer, start: number, end: number): boolean {
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

  #plan(text: Buffer): StatementPlan | undefined {
    const ready = this.#planned;
    if (ready !== undefined) {
      this.#planned = undefined;
      return ready;
    }
    if (!isUtf8(text)) return unreadable(text);
    const plan = this.#conversation.analysis.plan(text.toString('utf8'));
    if (!(plan instanceof Promise)) return plan;
    this.#hold = 'analysis';
    this.#await(
      plan.then((result) => {
        this.#planned = result;
      }),
    );
    return undefined;
  }

  #recordStatement(mode: 'simple' | 'prepare', plan: StatementPlan): number {
    const statement = ++this.#conversation.statements;
    const { refusal, decision } = plan;
    this.#journal.add({
      type: 'statement',
      statement,
      text: plan.recordedText,
      mode,
      actions: plan.actions.map((action) => action.name),
      tables: [...plan.tables],
      decision: refusal === undefined ? 'allow' : 'deny',
      ...(refusal === undefined ? {} : { reason: refusal.message }),
      ...(decision.policies.length === 0 ? {} : { policies: [...decision.policies] }),
    });
    return statement;
  }

  /** The target may know a name that SQL gave (PREPARE, DECLARE); what it stands for was planned as SQL's, not for this. */
  #refuseName(sqlstate: string, kind: string, name: string): boolean {
    return this.#refuse({
      sqlstate,
      message: `${kind} "${name}" does not exist`,
      hint:
        kind === 'portal'
          ? 'Cursors of DECLARE are read with FETCH; portals end with their transaction.'
          : 'Statements of PREPARE are run with EXECUTE; others have to be prepared again.',
    });
  }

  #refuse(refusal: Refusal): boolean {
    const expected = this.#conversation.queue.push('parse');
    expected.refusal = refusal;
    this.#gather.put(parseMessage('drawbridge', this.#refusedText));
    return true;
  }
}

/** What Describe and Close are about. */
function readTarget(buffer: Buffer, start: number, end: number): { statement: boolean; name: string } {
  const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
  const kind = reader.byte();
  const name = reader.cstring();
  reader.finish();
  if (kind !== 0x53 && kind !== 0x50) throw new MalformedMessage('it is about neither statement nor portal');
  return { statement: kind === 0x53, name };
}

function unreadable(text: Buffer): StatementPlan {
  const message = "the statement is not valid UTF-8, so it can't be read the same way by gateway and database";
  return {
    recordedText: text.toString('utf8'),
    count: 1,
    actions: [],
    tables: [],
    decision: { verdict: 'deny', reason: message, policies: [] },
    refusal: { sqlstate: '22021', message },
    masks: false,
    texts: 'sqlstate-only',
  };
}
