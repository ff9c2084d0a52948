import { isUtf8 } from 'node:buffer';
import type { Held } from '../../../sessions/session.ts';
import type { Refusal, StatementPlan } from '../analysis/plan.ts';
import { FRAME_HEADER } from '../codec/frame-assembler.ts';
import { describeStatement, parseMessage, query, sync } from '../codec/frontend-messages.ts';
import { MessageReader } from '../codec/message-reader.ts';
import { readBindMessage } from './bind-message.ts';
import type { Conversation } from './conversation.ts';
import type { Gather } from './gather.ts';
import { type Estimate, heldBind, heldQuery } from './held-statement.ts';
import type { Journal } from './journal.ts';
import type { Portal, Prepared } from './names.ts';
import { inFailedBlock, type Outcome, outcomeOf, refusedOutcome, tooLate } from './outcome.ts';
import { type ClientVoice, ReviewWait } from './review-wait.ts';
import { runEvent, statementEvent } from './statement-event.ts';
import { readSubject } from './subject-message.ts';
import { unreadablePlan } from './unreadable-plan.ts';

const SYNC = sync();
/** How long after its approval a portal may be run, in ms. */
const APPROVAL_LIFE = 5 * 60_000;

/** How a message can wait; the same message comes again then. */
export interface Waiting {
  /** For its plan. */
  analysis(work: Promise<unknown>): void;
  /** For people. The client is still heard. */
  review(work: Promise<unknown>): void;
  /** For the target to answer all that it was sent. */
  target(): void;
}

/**
 * The client's messages about statements: each is planned, recorded, and let through, held or replaced. Methods take
 * one message at `buffer[start..end)` and give false when it has to wait; the same call follows then.
 *
 * A statement of the extended protocol is held at Bind, with its parameters: for Bind the target plans it, which runs
 * immutable functions and takes locks. Execute is then one run of what was approved.
 */
export class StatementGate {
  readonly #conversation: Conversation;
  readonly #gather: Gather;
  readonly #journal: Journal;
  readonly #waiting: Waiting;
  readonly #voice: ClientVoice;
  readonly #estimate: Estimate | undefined;
  readonly #review: ReviewWait;
  /** In place of a refused statement goes a text that the target must refuse without doing anything. */
  readonly #refusedText: string;
  #planned: StatementPlan | undefined;

  constructor(
    conversation: Conversation,
    gather: Gather,
    journal: Journal,
    waiting: Waiting,
    voice: ClientVoice,
    estimate: Estimate | undefined,
  ) {
    this.#conversation = conversation;
    this.#gather = gather;
    this.#journal = journal;
    this.#waiting = waiting;
    this.#voice = voice;
    this.#estimate = estimate;
    this.#review = new ReviewWait(conversation, voice, (work) => waiting.review(work));
    this.#refusedText = `drawbridge refused this statement, session ${conversation.session.id}`;
  }

  get review(): ReviewWait {
    return this.#review;
  }

  /** The message that waited is not sent on after all. */
  forget(): void {
    this.#planned = undefined;
    this.#review.forget();
  }

  query(buffer: Buffer, start: number, end: number): boolean {
    const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
    const text = reader.cstringBytes();
    reader.finish();
    const plan = this.#planBytes(text);
    if (plan === undefined) return false;
    const outcome =
      this.#decided(plan, plan.refusal) ??
      this.#hold(plan, () => heldQuery(plan, text.toString('utf8'), this.#estimate));
    if (outcome === undefined) return false;
    const { queue, session } = this.#conversation;
    const expected = queue.push('query');
    expected.plan = plan;
    expected.statement = this.#recordStatement('simple', plan, outcome);
    expected.refusal = outcome.refusal;
    session.used(plan.actions, outcome);
    if (outcome.refusal === undefined) this.#gather.pass(buffer, start, end);
    else this.#gather.put(query(this.#refusedText));
    return true;
  }

  parse(buffer: Buffer, start: number, end: number): boolean {
    const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
    const name = reader.cstring();
    const text = reader.cstringBytes();
    const types = reader.bytes(4 * reader.uint16());
    reader.finish();
    const plan = this.#planBytes(text);
    if (plan === undefined) return false;
    const { analysis, queue, names, session } = this.#conversation;
    const expected = queue.push('parse');
    // What needs approval is prepared without, and held when it is bound.
    const refused = plan.refusal === undefined ? undefined : refusedOutcome(plan, plan.refusal);
    const statement = this.#recordStatement('prepare', plan, refused);
    expected.plan = plan;
    expected.statement = statement;
    if (refused !== undefined) {
      expected.refusal = plan.refusal;
      session.used(plan.actions, refused);
      this.#gather.put(parseMessage(name, this.#refusedText));
      return true;
    }
    const prepared: Prepared = {
      name,
      text: text.toString('utf8'),
      types: types.length === 0 ? '' : types.toString('hex'),
      describedTypes: undefined,
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
    // SQL's EXECUTE may run it, too.
    if (name !== '') analysis.prepared(name, prepared.text);
    this.#gather.pass(buffer, start, end);
    if (plan.masks) this.#askForDescription(prepared);
    return true;
  }

  /** Planned again, since policy and catalog may have changed since Parse. */
  bind(buffer: Buffer, start: number, end: number): boolean {
    const message = readBindMessage(buffer, start, end);
    const { queue, names, session } = this.#conversation;
    const prepared = names.prepared(message.statement);
    if (prepared === undefined) return this.#refuseName('26000', 'prepared statement', message.statement);
    const plan = this.#plan(prepared.text);
    if (plan === undefined) return false;
    prepared.plan = plan;
    const outcome = prepared.described?.outcome;
    const refusal = plan.refusal ?? (outcome !== undefined && 'sqlstate' in outcome ? outcome : undefined);
    const answer =
      this.#decided(plan, refusal) ??
      this.#hold(plan, () => heldBind(plan, prepared, message, buffer, end, this.#estimate));
    if (answer === undefined) return false;
    if (answer.refusal !== undefined) {
      // What people were asked about is a run that did not come to be.
      if (answer.review !== undefined)
        this.#journal.add(runEvent(prepared.statement, message.parameters, answer));
      session.used(plan.actions, answer);
      return this.#refuse(answer.refusal, prepared);
    }
    if (plan.masks) this.#askForDescription(prepared);
    const expected = queue.push('bind');
    const portal: Portal = {
      name: message.portal,
      prepared,
      parameters: message.parameters,
      answer,
      actions: plan.actions,
      until: answer.review === undefined ? Number.POSITIVE_INFINITY : this.#voice.clock.now() + APPROVAL_LIFE,
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
    const { queue, names, session } = this.#conversation;
    const portal = names.portal(name);
    if (portal === undefined) return this.#refuseName('34000', 'portal', name);
    const { prepared, parameters, answer } = portal;
    // A portal that is read in portions is one run.
    if (parameters !== undefined && answer.review !== undefined && this.#voice.clock.now() > portal.until) {
      const late = { ...answer, verdict: 'deny', reason: tooLate.message, refusal: tooLate } as const;
      this.#journal.add(runEvent(prepared.statement, parameters, late));
      session.used(portal.actions, late);
      return this.#refuse(tooLate, prepared);
    }
    const expected = queue.push('execute');
    expected.portal = portal;
    expected.prepared = prepared;
    expected.plan = prepared.plan;
    expected.statement = prepared.statement;
    if (parameters !== undefined) {
      portal.parameters = undefined;
      this.#journal.add(runEvent(prepared.statement, parameters, answer));
      session.used(portal.actions, answer);
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
    return isUtf8(text) ? this.#plan(text.toString('utf8')) : unreadablePlan(text);
  }

  #plan(text: string): StatementPlan | undefined {
    const ready = this.#planned;
    if (ready !== undefined) {
      this.#planned = undefined;
      return ready;
    }
    const plan = this.#conversation.analysis.plan(text);
    if (!(plan instanceof Promise)) return plan;
    this.#waiting.analysis(
      plan.then((result) => {
        this.#planned = result;
      }),
    );
    return undefined;
  }

  /** What is decided without asking anybody. */
  #decided(plan: StatementPlan, refusal: Refusal | undefined): Outcome | undefined {
    return this.#review.pending ? this.#review.take(plan, refusal) : outcomeOf(plan, refusal);
  }

  /** Has people decide, once the target is done with all that came before. */
  #hold(plan: StatementPlan, held: () => Held): Outcome | undefined {
    const { queue, canSettle, hasFailed } = this.#conversation;
    const { decision } = plan;
    if (canSettle) {
      queue.push('sync').hidden = true;
      this.#gather.put(SYNC);
    }
    if (queue.size > 0) this.#waiting.target();
    else if (hasFailed && plan.count === 1 && !isSession(plan)) return refusedOutcome(plan, inFailedBlock);
    else if (decision.verdict === 'needs') this.#review.begin(plan, decision, held());
    return undefined;
  }

  /** @param outcome undefined for what is decided when it is run. */
  #recordStatement(mode: 'simple' | 'prepare', plan: StatementPlan, outcome: Outcome | undefined): number {
    const statement = ++this.#conversation.statements;
    this.#journal.add(statementEvent(statement, mode, plan, outcome));
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

const isSession = ({ actions }: StatementPlan): boolean =>
  actions.every(({ name }) => name === 'sql.session');
