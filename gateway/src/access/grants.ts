import {
  type AccessScope,
  type BrokenGlass,
  DrawbridgeError,
  type Grant,
  type GrantId,
  type GrantState,
  type RequestId,
  type User,
  type UserId,
} from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../new-id.ts';
import type { Database } from '../store/database.ts';
import { accessNeeded } from './access-needed.ts';
import type { Announcer } from './announce.ts';
import type { Authorizer } from './authorizer.ts';
import type { Actor, Caller } from './caller.ts';
import { claim } from './claim.ts';
import type { Configuration } from './configuration.ts';
import { dropExtensions } from './extension.ts';
import { findGrant, listGrants, type StoredGrant } from './grant-rows.ts';
import { notActive } from './not-active.ts';
import { type StillAllowed, stillAllowed } from './still-allowed.ts';
import { canRevoke, canSeeGrant } from './visibility.ts';

export interface GrantsParts {
  readonly db: Kysely<Database>;
  readonly clock: Pick<Clock, 'now'>;
  readonly announcer: Announcer;
  readonly authorizer: Authorizer;
  readonly configuration: Pick<Configuration, 'current'>;
  /** Seconds within which a grant must be used first. */
  readonly activateWithin: number;
}

export interface NewGrant {
  readonly requestId: RequestId;
  readonly userId: UserId;
  readonly resource: string;
  readonly profile: string;
  /** Seconds. */
  readonly duration: number;
  readonly reason: string;
  readonly scope?: AccessScope | undefined;
  readonly brokenGlass?: BrokenGlass | undefined;
}

export interface Prolonged {
  readonly id: GrantId;
  /** The request that did it. */
  readonly requestId: RequestId;
  /** Seconds from now. */
  readonly duration: number;
  readonly brokenGlass?: BrokenGlass | undefined;
}

/** How many rows are read at a time where some of them may not be the caller's to see. */
const BATCH = 200;

/** Grants and all that changes them, but for deadlines (`lapseOverdue`) and removed resources (`withdraw`). */
export class Grants {
  readonly #parts: GrantsParts;

  constructor(parts: GrantsParts) {
    this.#parts = parts;
  }

  /** Writes a new grant in the transaction that decided it. */
  async issue(transaction: Kysely<Database>, actor: Actor, grant: NewGrant): Promise<GrantId> {
    const { announcer, clock, activateWithin } = this.#parts;
    const id = newId('grt');
    const now = clock.now();
    await transaction
      .insertInto('grants')
      .values({
        id,
        request_id: grant.requestId,
        user_id: grant.userId,
        resource: grant.resource,
        profile: grant.profile,
        state: 'approved',
        duration: grant.duration,
        reason: grant.reason,
        scope: grant.scope === undefined ? null : JSON.stringify(grant.scope),
        broken_glass: grant.brokenGlass === undefined ? null : JSON.stringify(grant.brokenGlass),
        created_at: new Date(now),
        activate_by: new Date(now + activateWithin * 1000),
      })
      .execute();
    const { requestId, resource, profile, duration, userId, scope, brokenGlass } = grant;
    await announcer.changed(
      transaction,
      { kind: 'grant', id },
      {
        actor,
        action: 'grant.created',
        subject: id,
        details: {
          ...{ requestId, userId, resource, profile, duration },
          ...(scope && { scope }),
          ...(brokenGlass && { told: brokenGlass.told }),
        },
      },
    );
    return id;
  }

  /**
   * Lets a grant that runs go on, in the transaction that decided it. It never ends sooner than it would have.
   * @throws DrawbridgeError `grant_expired`, `not_active` where it has ended meanwhile
   */
  async prolong(transaction: Kysely<Database>, actor: Actor, prolonged: Prolonged): Promise<void> {
    const { announcer, clock } = this.#parts;
    const { id, requestId, duration, brokenGlass } = prolonged;
    await transaction.selectFrom('grants').select('id').where('id', '=', id).forUpdate().execute();
    const now = clock.now();
    const stored = await findGrant(transaction, id, now);
    if (!stored) throw noSuchGrant(id);
    const { grant } = stored;
    if (grant.state !== 'active' || grant.expiresAt === undefined) {
      const { code, message } = notActive(grant);
      const hint = 'It cannot go on any more; access has to be asked for anew.';
      throw new DrawbridgeError(code, message, { id, hint });
    }
    const expiresAt = new Date(Math.max(Date.parse(grant.expiresAt), now + duration * 1000));
    const told = [...new Set([...(grant.brokenGlass?.told ?? []), ...(brokenGlass?.told ?? [])])];
    await transaction
      .updateTable('grants')
      .set({
        expires_at: expiresAt,
        ...(brokenGlass && { broken_glass: JSON.stringify({ ...brokenGlass, told }) }),
      })
      .where('id', '=', id)
      .where('state', '=', 'active')
      .execute();
    const details = { requestId, duration, from: grant.expiresAt, expiresAt: expiresAt.toISOString() };
    await announcer.changed(
      transaction,
      { kind: 'grant', id },
      { actor, action: 'grant.extended', subject: id, details },
    );
  }

  /**
   * The caller's grant to connect under.
   * @throws DrawbridgeError `access_needed`; `invalid_request` where several profiles are granted and none is named.
   */
  async findUsable(user: Pick<User, 'id'>, resource: string, profile?: string): Promise<Grant> {
    const { db, clock } = this.#parts;
    const usable = await listGrants(
      db,
      { limit: 100, userId: user.id, resource, profile, state: 'usable' },
      clock.now(),
    );
    const profiles = usable.map(({ grant }) => grant.profile);
    if (usable.length > 1) {
      throw new DrawbridgeError(
        'invalid_request',
        `you have access to several profiles of ${resource}: ${profiles.join(', ')}`,
        {
          hint: `Say which one, e.g. --profile ${profiles[0]}.`,
          issues: [{ path: 'profile', message: `must be one of ${profiles.join(', ')}` }],
        },
      );
    }
    const [found] = usable;
    if (found) return found.grant;
    throw await accessNeeded(db, clock.now(), { userId: user.id, resource, profile });
  }

  /**
   * Starts the clock at first use; a grant that runs already stays as it is. Returns the grant as it then is.
   * @throws DrawbridgeError `grant_expired`, `not_active`, `not_found`
   */
  async activate({ id }: Pick<Grant, 'id'>, address?: string): Promise<Grant> {
    const { db, clock, announcer } = this.#parts;
    const now = clock.now();
    return db.transaction().execute(async (transaction) => {
      const before = await transaction
        .selectFrom('grants')
        .select(['state', 'duration', 'activate_by'])
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst();
      const starts = before?.state === 'approved' && before.activate_by.getTime() > now;
      if (starts) {
        const expiresAt = new Date(now + before.duration * 1000);
        await transaction
          .updateTable('grants')
          .set({ state: 'active', activated_at: new Date(now), expires_at: expiresAt })
          .where('id', '=', id)
          .where('state', '=', 'approved')
          .execute();
      }
      const stored = await findGrant(transaction, id, now);
      if (!stored) throw new DrawbridgeError('not_found', `there is no grant ${id}`);
      const { grant } = stored;
      if (starts) {
        const actor = { user: grant.principal, address };
        await announcer.changed(
          transaction,
          { kind: 'grant', id },
          { actor, action: 'grant.activated', subject: id, details: { expiresAt: grant.expiresAt } },
        );
      }
      if (grant.state !== 'active') throw notActive(grant);
      return grant;
    });
  }

  /**
   * Ends a grant. By its holder it is `ended`; by others who may, `revoked`. Its live sessions end with it.
   * @throws DrawbridgeError `not_found`, `forbidden`, `not_active`
   */
  async revoke(caller: Caller, id: GrantId, reason?: string): Promise<Grant> {
    const { db, clock, announcer, authorizer, configuration } = this.#parts;
    await configuration.current();
    const now = clock.now();
    const before = await findGrant(db, id, now);
    if (!before || !canSeeGrant(authorizer, before, caller.user)) throw noSuchGrant(id);
    const own = before.grant.principal.id === caller.user.id;
    if (!own && !canRevoke(authorizer, before, caller.user))
      throw new DrawbridgeError('forbidden', `you may see ${id} but not revoke it`, {
        hint: 'Its holder, those who may approve it, and those who may end sessions can.',
      });
    const state: GrantState = own ? 'ended' : 'revoked';
    return db.transaction().execute(async (transaction) => {
      // Before the grant, as reviews do; and nobody can ask for more time meanwhile.
      await claim(transaction, before.grant.principal.id, [before.grant]);
      await dropExtensions(transaction, announcer, caller, id, now);
      const at = new Date(now);
      const { numUpdatedRows } = await transaction
        .updateTable('grants')
        .set({ state, ended_at: at, ended_by: caller.user.id, end_reason: reason ?? null })
        .where('id', '=', id)
        .where((is) =>
          is.or([
            is.and([is('state', '=', 'approved'), is('activate_by', '>', at)]),
            is.and([is('state', '=', 'active'), is('expires_at', '>', at)]),
          ]),
        )
        .executeTakeFirst();
      const after = await findGrant(transaction, id, now);
      if (!after) throw noSuchGrant(id);
      if (numUpdatedRows === 0n) throw notActive(after.grant);
      await announcer.changed(
        transaction,
        { kind: 'grant', id },
        { actor: caller, action: `grant.${state}`, subject: id, reason },
      );
      return after.grant;
    });
  }

  /** See `stillAllowed`. */
  async stillAllowed(grant: Grant, address?: string): Promise<StillAllowed> {
    const { db, clock, authorizer, configuration } = this.#parts;
    const { resources } = await configuration.current();
    const resource = resources.get(grant.resource);
    return stillAllowed({ db, authorizer, resource, now: clock.now() }, grant, address);
  }

  /** As the gateway sees it, whoever asks; undefined where there is none. */
  async find(id: GrantId): Promise<Grant | undefined> {
    return (await findGrant(this.#parts.db, id, this.#parts.clock.now()))?.grant;
  }

  /** @throws DrawbridgeError `not_found` where there is none or it is not the caller's to see. */
  async get({ user }: Caller, id: GrantId): Promise<Grant> {
    const grant = (await this.watch(id))(user);
    if (!grant) throw noSuchGrant(id);
    return grant;
  }

  /** Loads a grant once, to be shown to each of several people or not. */
  async watch(id: GrantId): Promise<(user: User) => Grant | undefined> {
    const { authorizer, configuration, db, clock } = this.#parts;
    await configuration.current();
    const stored = await findGrant(db, id, clock.now());
    return (user) => (stored && canSeeGrant(authorizer, stored, user) ? stored.grant : undefined);
  }

  /** Newest first; with scope `all` every grant that the caller may see. */
  async list(
    { user }: Caller,
    { limit, scope, state }: { limit: number; scope: 'own' | 'all'; state?: GrantState | undefined },
  ): Promise<Grant[]> {
    const { authorizer, configuration, db, clock } = this.#parts;
    await configuration.current();
    const now = clock.now();
    if (scope === 'own')
      return (await listGrants(db, { limit, userId: user.id, state }, now)).map(({ grant }) => grant);
    const found: Grant[] = [];
    let after: { createdAt: Date; id: GrantId } | undefined;
    for (;;) {
      const batch = await listGrants(db, { limit: BATCH, state, ...(after ? { after } : {}) }, now);
      found.push(
        ...batch
          .filter((stored: StoredGrant) => canSeeGrant(authorizer, stored, user))
          .map(({ grant }) => grant),
      );
      const last = batch.at(-1)?.grant;
      if (!last || batch.length < BATCH || found.length >= limit) return found.slice(0, limit);
      after = { createdAt: new Date(last.createdAt), id: last.id };
    }
  }
}

const noSuchGrant = (id: GrantId) =>
  new DrawbridgeError('not_found', `there is no grant ${id} that you may see`);
