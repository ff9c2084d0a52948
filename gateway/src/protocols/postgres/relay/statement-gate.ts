import { isUtf8 } from 'node:buffer';
import type { Refusal, StatementPlan } from '../analysis/plan.ts';
import { FRAME_HEADER } from '../codec/frame-assembler.ts';
import { describeStatement, parseMessage, query } from '../codec/frontend-messages.ts';
import { MalformedMessage, MessageReader } from '../codec/message-reader.ts';
import { readBindMessage } from './bind-message.ts';
import type { Conversation } from './conversation.ts';
import type { Gather } from './gather.ts';
import type { Journal } from './journal.ts';
import type { Portal, Prepared } from './names.ts';

const STATEMENT = 0x53;
const PORTAL = 0x50;

/**
 * The client's messages about statements: each is planned, recorded, and let through or replaced. Methods take one
 * message at `buffer[start..end)` and give false when it has to wait for its plan; the same call follows then.
 */
export class StatementGate {
  readonly #conversation: Conversation;
  readonly #gather: Gather;
  readonly #journal: Journal;
  readonly #await: (work: Promise<unknown>) => void;
  /** In place of a refused statement goes a text that the target must refuse without doing anything. */
  readonly #refusedText: string;
  #planned: StatementPlan | undefined;

  constructor(
    conversation: Conversation,
    gather: Gather,
    journal: Journal,
    await_: (work: Promise<unknown>) => void,
  ) {
    this.#conversation = conversation;
    this.#gather = gather;
    this.#journal = journal;
    this.#await = await_;
    this.#refusedText = `drawbridge refused this statement, session ${conversation.session.id}`;
  }

  /** The message that waited for its plan is not sent on after all. */
  forget(): void {
    this.#planned = undefined;
  }

  query(buffer: Buffer, start: number, end: number): boolean {
    const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
    const text = reader.cstringBytes();
    reader.finish();
    const plan = this.#planBytes(text);
    if (plan === undefined) return false;
    const expected = this.#conversation.queue.push('query');
    expected.plan = plan;
    expected.statement = this.#recordStatement('simple', plan);
    expected.refusal = plan.refusal;
    if (plan.refusal === undefined) this.#gather.pass(buffer, start, end);
    else this.#gather.put(query(this.#refusedText));
    return true;
  }

  parse(buffer: Buffer, start: number, end: number): boolean {
    const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
    const name = reader.cstring();
    const text = reader.cstringBytes();
    reader.bytes(4 * reader.uint16());
    reader.finish();
    const plan = this.#planBytes(text);
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
      text: text.toString('utf8'),
      statement,
      plan,
      confirmed: false,
      epoch: 0,
      asked: false,
      rowDescription: undefined,
      described: undefined,
      recorded: undefined,
    };
    expected.prepared = prepared;
    expected.before = names.setPrepared(name, prepared);
    this.#gather.pass(buffer, start, end);
    if (plan.masks) this.#askForDescription(prepared);
    return true;
  }

  /** Planned again, since policy and catalog may have changed since Parse. */
  bind(buffer: Buffer, start: number, end: number): boolean {
    const message = readBindMessage(buffer, start, end);
    const { queue, names } = this.#conversation;
    const prepared = names.prepared(message.statement);
    if (prepared === undefined) return this.#refuseName('26000', 'prepared statement', message.statement);
    const plan = this.#plan(prepared.text);
    if (plan === undefined) return false;
    prepared.plan = plan;
    const outcome = prepared.described?.outcome;
    const refusal = plan.refusal ?? (outcome !== undefined && 'sqlstate' in outcome ? outcome : undefined);
    if (refusal !== undefined) return this.#refuse(refusal, prepared);
    if (plan.masks) this.#askForDescription(prepared);
    const expected = queue.push('bind');
    const portal: Portal = {
      name: message.portal,
      prepared,
      parameters: message.parameters,
      weight: end - start,
      formats: message.formats,
      sequence: expected.sequence,
      confirmed: false,
      epoch: 0,
      described: undefined,
    };
    expected.prepared = prepared;
    expected.portal = portal;
    expected.plan = plan;
    expected.statement = prepared.statement;
    expected.before = names.setPortal(message.portal, portal);
    this.#gather.pass(buffer, start, end);
    return true;
  }

  describe(buffer: Buffer, start: number, end: number): boolean {
    const { statement, name } = readSubject(buffer, start, end);
    const { queue, names } = this.#conversation;
    const portal = statement ? undefined : names.portal(name);
    const prepared = statement ? names.prepared(name) : portal?.prepared;
    if (prepared === undefined) {
      return statement
        ? this.#refuseName('26000', 'prepared statement', name)
        : this.#refuseName('34000', 'portal', name);
    }
    const expected = queue.push(statement ? 'describe-statement' : 'describe-portal');
    expected.portal = portal;
    expected.prepared = prepared;
    expected.plan = prepared.plan;
    expected.statement = prepared.statement;
    this.#gather.pass(buffer, start, end);
    return true;
  }

  execute(buffer: Buffer, start: number, end: number): boolean {
    const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
    const name = reader.cstring();
    reader.int32();
    reader.finish();
    const { queue, names } = this.#conversation;
    const portal = names.portal(name);
    if (portal === undefined) return this.#refuseName('34000', 'portal', name);
    const { prepared, parameters } = portal;
    const expected = queue.push('execute');
    expected.portal = portal;
    expected.prepared = prepared;
    expected.plan = prepared.plan;
    expected.statement = prepared.statement;
    // A portal that is read in portions is one run.
    if (parameters !== undefined) {
      portal.parameters = undefined;
      this.#journal.add({ type: 'execute', statement: prepared.statement, parameters });
    }
    this.#gather.pass(buffer, start, end);
    return true;
  }

  close(buffer: Buffer, start: number, end: number): boolean {
    const { statement, name } = readSubject(buffer, start, end);
    const { queue, names } = this.#conversation;
    const expected = queue.push(statement ? 'close-statement' : 'close-portal');
    expected.name = name;
    expected.before = statement ? names.setPrepared(name, undefined) : names.setPortal(name, undefined);
    this.#gather.pass(buffer, start, end);
    return true;
  }

  /** No row may pass before its RowDescription was seen, and the client may not ask for it. */
  #askForDescription(prepared: Prepared): void {
    if (prepared.asked) return;
    prepared.asked = true;
    const expected = this.#conversation.queue.push('describe-statement');
    expected.prepared = prepared;
    expected.plan = prepared.plan;
    expected.statement = prepared.statement;
    expected.hidden = true;
    this.#gather.put(describeStatement(prepared.name));
  }

  #planBytes(text: Buffer): StatementPlan | undefined {
    return isUtf8(text) ? this.#plan(text.toString('utf8')) : unreadable(text);
  }

  #plan(text: string): StatementPlan | undefined {
    const ready = this.#planned;
    if (ready !== undefined) {
      this.#planned = undefined;
      return ready;
    }
    const plan = this.#conversation.analysis.plan(text);
    if (!(plan instanceof Promise)) return plan;
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

  /** The target may know a name that SQL gave (PREPARE, DECLARE): that was planned as SQL's, and not for this. */
  #refuseName(sqlstate: string, kind: 'portal' | 'prepared statement', name: string): boolean {
    const hint =
      kind === 'portal'
        ? 'Cursors of DECLARE are read with FETCH; portals end with their transaction.'
        : 'Statements of PREPARE are run with EXECUTE; others have to be prepared again.';
    return this.#refuse({ sqlstate, message: `${kind} "${name}" does not exist`, hint }, undefined);
  }

  /** Has the target fail in place of the message, so that the transaction and the pipeline fail as they should. */
  #refuse(refusal: Refusal, prepared: Prepared | undefined): boolean {
    const expected = this.#conversation.queue.push('parse');
    expected.refusal = refusal;
    expected.statement = prepared?.statement ?? 0;
    this.#gather.put(parseMessage('drawbridge', this.#refusedText));
    return true;
  }
}

/** What Describe and Close are about. */
function readSubject(buffer: Buffer, start: number, end: number): { statement: boolean; name: string } {
  const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
  const kind = reader.byte();
  const name = reader.cstring();
  reader.finish();
  if (kind !== STATEMENT && kind !== PORTAL)
    throw new MalformedMessage('it is about neither statement nor portal');
  return { statement: kind === STATEMENT, name };
}

function unreadable(text: Buffer): StatementPlan {
  const message = 'the statement is not valid UTF-8, so gateway and database could read it differently';
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
