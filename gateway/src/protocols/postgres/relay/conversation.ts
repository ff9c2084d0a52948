import type { Session } from '../../../sessions/session.ts';
import type { Analysis } from '../analysis/plan.ts';
import type { Journal } from './journal.ts';
import { Names, type Portal, type Prepared } from './names.ts';
import { type Expected, ReplyQueue } from './reply-queue.ts';
import { stricter, type Texts } from './texts.ts';

/** What ReadyForQuery says of the transaction. */
export type TransactionState = 'none' | 'open' | 'failed';

/** What both directions of a session know together: who waits for which answer, and what names mean. */
export class Conversation {
  readonly session: Session;
  readonly analysis: Analysis;
  readonly queue = new ReplyQueue();
  readonly names = new Names();

  /** The target takes bulk data of the statement with this number; 0 while it doesn't. */
  copyIn = 0;
  /** After an error in the extended protocol the target ignores all up to a Sync that the client has not sent yet. */
  skipping = false;
  /** Statements so far. */
  statements = 0;
  /** Goes up when what is known of results may be stale. */
  generation = 0;

  /** The strictest limit on texts of this transaction: a deferred trigger speaks at its end. */
  #texts: Texts | undefined;
  #changedCatalog = false;
  /** Place of the last message that ReadyForQuery answered. */
  #ready = 0;
  /** Place of the last that ran something. */
  #ran = 0;
  #transaction: TransactionState = 'none';

  constructor(session: Session, analysis: Analysis) {
    this.session = session;
    this.analysis = analysis;
  }

  get resource(): string {
    return this.session.resource.name;
  }

  /** How much of a text may pass that the target says now. Where no statement is known to have caused it, nothing. */
  get texts(): Texts {
    const unknown = this.session.rules.columns.length > 0 ? 'sqlstate-only' : 'pass';
    const plan = this.queue.head?.plan;
    if (plan === undefined) return this.queue.size > 0 && this.#texts !== undefined ? this.#texts : unknown;
    return this.#texts === undefined ? plan.texts : stricter(plan.texts, this.#texts);
  }

  /**
   * The target has answered all and waits for more before a Sync, with locks and timers of what was only parsed. A Sync
   * of the gateway's own would let go of them, and of nothing else.
   */
  get canSettle(): boolean {
    if (this.queue.size > 0 || this.queue.sequence === this.#ready) return false;
    return this.#transaction !== 'none' || (this.#ran <= this.#ready && this.names.portals === 0);
  }

  /** All that the target does now is to end the transaction, in which something failed. */
  get hasFailed(): boolean {
    return this.#transaction === 'failed';
  }

  /** Something of this plan ran in the transaction. */
  ran({ plan, sequence }: Expected): void {
    this.#ran = sequence;
    if (plan === undefined) return;
    this.#texts = this.#texts === undefined ? plan.texts : stricter(plan.texts, this.#texts);
  }

  /** DDL ran: seen by others, the analysis too, once the transaction is over. */
  catalogChanged(): void {
    this.#changedCatalog = true;
    this.#invalidate();
  }

  /** ReadyForQuery in answer to the message with this place. */
  ready(sequence: number, transaction: TransactionState): void {
    this.#ready = sequence;
    this.#transaction = transaction;
    if (transaction === 'none') this.#transactionEnded(sequence);
  }

  #transactionEnded(sequence: number): void {
    this.#texts = undefined;
    this.names.transactionEnded(sequence);
    if (this.#changedCatalog) {
      this.#changedCatalog = false;
      this.#invalidate();
    }
  }

  /**
   * The head failed in the extended protocol: the target ignores what follows up to the next Sync. What those messages
   * would have given names is taken back.
   */
  failUpToSync(journal: Journal): void {
    const failed = this.#countUpToSync();
    for (let index = failed - 1; index >= 0; index -= 1) {
      const expected = this.queue.at(index);
      if (expected === undefined) continue;
      this.#undo(expected, index);
      if (index > 0) recordSkipped(expected, journal);
    }
    this.#popUpToSync(failed);
  }

  /**
   * The client is told that the head failed, though to the target it did not. The names that the messages up to the
   * next Sync gave then mean something at the target that the client doesn't count on: they are forgotten.
   * @returns how many ReadyForQuery will come before the one that answers that Sync.
   */
  disownUpToSync(journal: Journal): number {
    const disowned = this.#countUpToSync();
    let queries = 0;
    for (let index = 0; index < disowned; index += 1) {
      const expected = this.queue.at(index);
      if (expected === undefined) continue;
      if (expected.kind === 'query') queries += 1;
      if (index > 0) recordSkipped(expected, journal);
      if (expected.kind === 'close-statement') this.names.setPrepared(expected.name, undefined);
      if (expected.kind === 'close-portal') this.names.setPortal(expected.name, undefined);
      if (expected.kind === 'parse' && expected.prepared)
        this.names.setPrepared(expected.prepared.name, undefined);
      if (expected.kind === 'bind' && expected.portal) this.names.setPortal(expected.portal.name, undefined);
    }
    this.#popUpToSync(disowned);
    return queries;
  }

  #countUpToSync(): number {
    let count = 0;
    while (count < this.queue.size && this.queue.at(count)?.kind !== 'sync') count += 1;
    return count;
  }

  #popUpToSync(count: number): void {
    for (let left = count; left > 0; left -= 1) this.queue.pop();
    if (this.queue.size === 0) this.skipping = true;
  }

  #undo(expected: Expected, index: number): void {
    const { names } = this;
    if (expected.kind === 'parse' && expected.prepared !== undefined) {
      const { prepared } = expected;
      if (names.prepared(prepared.name) === prepared)
        names.setPrepared(prepared.name, expected.before as Prepared | undefined);
      else this.#relink(index, prepared, expected.before);
    } else if (expected.kind === 'bind' && expected.portal !== undefined) {
      const { portal } = expected;
      if (names.portal(portal.name) === portal)
        names.setPortal(portal.name, expected.before as Portal | undefined);
      else this.#relink(index, portal, expected.before);
    } else if (expected.before !== undefined && expected.kind === 'close-statement') {
      if (names.prepared(expected.name) === undefined)
        names.setPrepared(expected.name, expected.before as Prepared);
    } else if (expected.before !== undefined && expected.kind === 'close-portal') {
      if (names.portal(expected.name) === undefined)
        names.setPortal(expected.name, expected.before as Portal);
    }
  }

  /** A later message took the name over from what failed: should it fail too, the name means what it meant before both. */
  #relink(index: number, failed: Prepared | Portal, before: Prepared | Portal | undefined): void {
    for (let later = index + 1; later < this.queue.size; later += 1) {
      const expected = this.queue.at(later);
      if (expected?.before === failed) expected.before = before;
    }
  }

  #invalidate(): void {
    this.generation += 1;
    this.analysis.invalidate();
  }
}

function recordSkipped(expected: Expected, journal: Journal): void {
  const runs = expected.kind === 'query' || expected.kind === 'execute';
  if (runs && expected.statement > 0)
    journal.add({ type: 'result', statement: expected.statement, status: 'cancelled' });
}
