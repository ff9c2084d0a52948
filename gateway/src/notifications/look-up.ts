import type { Kysely } from 'kysely';
import type { AccessChange } from '../access/announce.ts';
import { findCommand } from '../access/command-review-rows.ts';
import { findGrant } from '../access/grant-rows.ts';
import { findRequest } from '../access/request-rows.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import type { Keyring } from '../store/keyring.ts';
import type { ToldObject } from './endpoint.ts';

/** Reads what a change is about, as an auditor may see it. */
export type LookUp = (change: AccessChange, executor: Kysely<Database>) => Promise<ToldObject | undefined>;

export const createLookUp =
  (clock: Pick<Clock, 'now'>, keyring: Keyring): LookUp =>
  async (change, executor) => {
    const now = clock.now();
    switch (change.kind) {
      case 'request': {
        const stored = await findRequest(executor, change.id, now);
        return stored && { kind: 'request', request: stored.request };
      }
      case 'grant': {
        const stored = await findGrant(executor, change.id, now);
        return stored && { kind: 'grant', grant: stored.grant };
      }
      case 'command': {
        const stored = await findCommand(executor, keyring, change.id, now);
        return stored && { kind: 'command', review: stored.review };
      }
      case 'configuration':
        return undefined;
      default:
        return change satisfies never;
    }
  };
