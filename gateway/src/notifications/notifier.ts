import type { Kysely } from 'kysely';
import { uuidv7 } from 'uuidv7';
import type { AccessChange } from '../access/announce.ts';
import type { AuditEntry } from '../access/audit.ts';
import { refOf } from '../access/caller.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import type { Endpoint, ToldEvent, ToldObject } from './endpoint.ts';
import type { LookUp } from './look-up.ts';
import type { Outbox } from './outbox.ts';

export interface NotifierParts {
  readonly outbox: Pick<Outbox, 'put'>;
  readonly endpoints: readonly Pick<Endpoint, 'name' | 'wants' | 'compose'>[];
  readonly lookUp: LookUp;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Takes down what is to be told beyond the app, in the transaction of the change itself: nothing that was committed
 * goes untold, and nothing is told that was not.
 */
export class Notifier {
  readonly #parts: NotifierParts;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  async note(transaction: Kysely<Database>, change: AccessChange, entry: AuditEntry): Promise<void> {
    const { outbox, endpoints, lookUp, clock } = this.#parts;
    const told = endpoints.filter((endpoint) => endpoint.wants(entry.action));
    if (told.length === 0) return;
    const event = eventOf(entry, new Date(clock.now()), await lookUp(change, transaction));
    await outbox.put(
      transaction,
      event,
      new Map(told.map((endpoint) => [endpoint.name, endpoint.compose(event)])),
    );
  }
}

function eventOf(
  { actor, action, subject, reason, details }: AuditEntry,
  at: Date,
  object: ToldObject | undefined,
): ToldEvent {
  const caller = actor === 'gateway' ? undefined : actor;
  return {
    id: `evt_${uuidv7()}`,
    type: action,
    at,
    subject,
    ...(caller && { actor: refOf(caller.user) }),
    ...(caller?.address === undefined ? {} : { address: caller.address }),
    ...(reason === undefined ? {} : { reason }),
    ...(details?.changes === undefined ? {} : { changes: details.changes }),
    ...(object && { object }),
  };
}
