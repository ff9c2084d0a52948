import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import type { Actor } from './caller.ts';
import type { Grants } from './grants.ts';
import type { StoredRequest } from './request-rows.ts';
import { scopeFor } from './wanted.ts';

/**
 * What an approved request comes to, in the transaction that decided it: a grant for each of its targets, or more time
 * for the one that it extends.
 * @param duration seconds
 */
export async function give(
  transaction: Kysely<Database>,
  grants: Pick<Grants, 'issue' | 'prolong'>,
  actor: Actor,
  { id, principal, extends: prolonged, targets, scope, reason, brokenGlass }: StoredRequest['request'],
  duration: number,
): Promise<void> {
  if (prolonged !== undefined)
    return grants.prolong(transaction, actor, { id: prolonged, requestId: id, duration, brokenGlass });
  for (const { resource, protocol, profile } of targets)
    await grants.issue(transaction, actor, {
      requestId: id,
      userId: principal.id,
      ...{ resource, profile, duration, reason, brokenGlass },
      scope: scopeFor(protocol, scope),
    });
}
