import type { CommandReviewId, GrantId, RequestId } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import type { Audit, AuditEntry } from './audit.ts';

/** What changed, for those who listen: other gateways, live sessions, event streams. */
export type AccessChange =
  | { readonly kind: 'request'; readonly id: RequestId }
  | { readonly kind: 'grant'; readonly id: GrantId }
  | { readonly kind: 'command'; readonly id: CommandReviewId }
  | { readonly kind: 'configuration' };

/** Tells every gateway, once the transaction that `executor` is commits. */
export type Announce = (change: AccessChange, executor: Kysely<Database>) => Promise<void>;

/** Takes down, in the transaction of the change, what is to be told beyond the app: webhooks, Slack. */
export type Note = (transaction: Kysely<Database>, change: AccessChange, entry: AuditEntry) => Promise<void>;

/** Each change of state leaves an audit event and a notification in its own transaction. */
export class Announcer {
  readonly #audit: Pick<Audit, 'append'>;
  readonly #announce: Announce;
  readonly #note: Note;

  constructor(audit: Pick<Audit, 'append'>, announce: Announce, note: Note = async () => undefined) {
    this.#audit = audit;
    this.#announce = announce;
    this.#note = note;
  }

  async changed(transaction: Kysely<Database>, change: AccessChange, entry: AuditEntry): Promise<void> {
    await this.#audit.append(entry, transaction);
    await this.#note(transaction, change, entry);
    await this.#announce(change, transaction);
  }

  /** Tells of more that is known now, where no state changed. */
  async learnt(transaction: Kysely<Database>, change: AccessChange): Promise<void> {
    await this.#announce(change, transaction);
  }
}
