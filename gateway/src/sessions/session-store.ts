import type { GatewayId, Session, SessionEndCode, SessionId, SignInId, UserId } from '@drawbridge/contract';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../store/database.ts';
import type { SessionEnd } from './session.ts';

/** What a session counts while it lives. */
export interface SessionCounters {
  statements: number;
  refused: number;
  rows: number;
  bytesOut: number;
  clientName: string | undefined;
}

export interface NewSession {
  readonly id: SessionId;
  readonly grantId: Session['grantId'];
  readonly userId: Session['principal']['id'];
  readonly signInId: Selectable<Database['sessions']>['sign_in_id'];
  readonly resource: string;
  readonly profile: string;
  readonly protocol: Session['protocol'];
  readonly clientAddress: string | undefined;
  readonly startedAt: Date;
}

export interface SessionFilter {
  readonly limit: number;
  /** Whose own sessions are listed, all sessions of which resources, and the live ones of which others. */
  readonly visibleTo?: {
    readonly userId: UserId;
    readonly resources: readonly string[];
    readonly live: readonly string[];
  };
  readonly resource?: string | undefined;
  readonly state?: Session['state'] | undefined;
  /** A person's login name. */
  readonly user?: string | undefined;
  readonly before?: string | undefined;
}

/** Told that a session was closed, within the transaction that did it. */
export type TellClosed = (transaction: Kysely<Database>, id: SessionId, end: SessionEnd) => Promise<void>;

/** A session, whoever looks at it. */
export type StoredSession = Omit<Session, 'may'>;

const view = (db: Kysely<Database>) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('sessions')
    .select(['users.name as user_name', 'users.display_name as user_display_name']);

type Row = Awaited<ReturnType<ReturnType<typeof view>['execute']>>[number];

const toSession = (row: Row): StoredSession => ({
  id: row.id,
  grantId: row.grant_id,
  principal: { kind: 'user', id: row.user_id, name: row.user_name, displayName: row.user_display_name },
  resource: row.resource,
  profile: row.profile,
  protocol: row.protocol,
  state: row.state,
  startedAt: row.started_at.toISOString(),
  ...(row.ended_at && { endedAt: row.ended_at.toISOString() }),
  ...(row.end_code && { endCode: row.end_code }),
  ...(row.end_reason && { endReason: row.end_reason }),
  ...(row.client_address && { clientAddress: row.client_address }),
  ...(row.client_name && { clientName: row.client_name }),
  statements: Number(row.statements),
  refused: Number(row.refused),
  rows: Number(row.rows),
  bytesOut: Number(row.bytes_out),
  recording: row.recording,
});

/**
 * The rows of `sessions`. Only the gateway that holds a session changes its row, but for `requestTermination` and, once
 * that gateway is gone, `closeAbandoned`.
 */
export class SessionStore {
  readonly #db: Kysely<Database>;
  readonly #gateway: GatewayId;

  constructor(db: Kysely<Database>, gateway: GatewayId) {
    this.#db = db;
    this.#gateway = gateway;
  }

  async insert(session: NewSession): Promise<void> {
    await this.#db
      .insertInto('sessions')
      .values({
        id: session.id,
        grant_id: session.grantId,
        user_id: session.userId,
        sign_in_id: session.signInId,
        gateway_id: this.#gateway,
        resource: session.resource,
        profile: session.profile,
        protocol: session.protocol,
        state: 'live',
        started_at: session.startedAt,
        client_address: session.clientAddress ?? null,
      })
      .execute();
  }

  async count(id: SessionId, counters: SessionCounters): Promise<void> {
    await this.#db
      .updateTable('sessions')
      .set(toColumns(counters))
      .where('id', '=', id)
      .where('state', '=', 'live')
      .execute();
  }

  /** What the gateway that held it says stands, also where another has closed it meanwhile. */
  async close(
    id: SessionId,
    end: SessionEnd,
    at: Date,
    counters: SessionCounters,
    recording: Session['recording'],
  ): Promise<void> {
    await this.#db
      .updateTable('sessions')
      .set({
        ...toColumns(counters),
        state: 'closed',
        ended_at: at,
        end_code: end.code,
        end_reason: end.message,
        recording,
      })
      .where('id', '=', id)
      .where((is) =>
        is.or([
          is('state', '=', 'live'),
          is.and([is('end_code', '=', CRASHED), is('recording', '=', 'open')]),
        ]),
      )
      .execute();
  }

  /**
   * Closes what a gateway left live, and returns their ids.
   * @param at when it was last known to live; sessions that began later ended at once
   * @param tell told of each in the same transaction
   * @param gateway this one, of which it was an earlier run, or one that is known to be gone
   */
  async closeAbandoned(at: Date, tell: TellClosed, gateway: GatewayId = this.#gateway): Promise<SessionId[]> {
    return this.#db.transaction().execute(async (transaction) => {
      const rows = await transaction
        .updateTable('sessions')
        .set({
          state: 'closed',
          ended_at: sql<Date>`greatest(started_at, ${at})`,
          end_code: CRASHED,
          end_reason: CRASHED_REASON,
        })
        .where('gateway_id', '=', gateway)
        .where('state', '=', 'live')
        .returning('id')
        .execute();
      for (const { id } of rows) await tell(transaction, id, { code: CRASHED, message: CRASHED_REASON });
      return rows.map((row) => row.id);
    });
  }

  /** Other gateways that hold sessions, or left some live. */
  async gatewaysElsewhere(): Promise<GatewayId[]> {
    const rows = await this.#db
      .selectFrom('sessions')
      .select('gateway_id')
      .distinct()
      .where('state', '=', 'live')
      .where('gateway_id', '<>', this.#gateway)
      .execute();
    return rows.map((row) => row.gateway_id);
  }

  async setRecording(id: SessionId, recording: Session['recording']): Promise<void> {
    await this.#db.updateTable('sessions').set({ recording }).where('id', '=', id).execute();
  }

  async requestTermination(id: SessionId, reason: string): Promise<void> {
    await this.#db
      .updateTable('sessions')
      .set({ terminate_reason: reason })
      .where('id', '=', id)
      .where('state', '=', 'live')
      .execute();
  }

  /** Why it has to end, where that stands in its row: somebody terminated it, or another gateway closed it. */
  async terminationOf(id: SessionId): Promise<SessionEnd | undefined> {
    const row = await this.#db
      .selectFrom('sessions')
      .select(['state', 'terminate_reason'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (row?.terminate_reason) return { code: 'terminated', message: row.terminate_reason };
    return row?.state === 'closed'
      ? { code: 'store_lost', message: 'its gateway was cut off from the store, and another closed it' }
      : undefined;
  }

  /** The sign-ins under which a person's live sessions were opened, one entry a session. */
  async liveSignIns(user: UserId): Promise<SignInId[]> {
    const rows = await this.#db
      .selectFrom('sessions')
      .select('sign_in_id')
      .where('user_id', '=', user)
      .where('state', '=', 'live')
      .execute();
    return rows.map((row) => row.sign_in_id);
  }

  /** Of every resource that ever had a session, removed ones too. */
  async resourceNames(): Promise<string[]> {
    return (await this.#db.selectFrom('sessions').select('resource').distinct().execute()).map(
      (row) => row.resource,
    );
  }

  async find(id: SessionId): Promise<StoredSession | undefined> {
    const row = await view(this.#db).where('sessions.id', '=', id).executeTakeFirst();
    return row && toSession(row);
  }

  async list(filter: SessionFilter): Promise<StoredSession[]> {
    let query = view(this.#db)
      .orderBy('sessions.started_at', 'desc')
      .orderBy('sessions.id', 'desc')
      .limit(filter.limit);
    const { visibleTo } = filter;
    if (visibleTo !== undefined)
      query = query.where((is) =>
        is.or([
          is('sessions.user_id', '=', visibleTo.userId),
          ...visibleTo.resources.map((name) => is('sessions.resource', '=', name)),
          ...visibleTo.live.map((name) =>
            is.and([is('sessions.resource', '=', name), is('sessions.state', '=', 'live')]),
          ),
        ]),
      );
    if (filter.resource !== undefined) query = query.where('sessions.resource', '=', filter.resource);
    if (filter.state !== undefined) query = query.where('sessions.state', '=', filter.state);
    if (filter.user !== undefined) query = query.where('users.name', '=', filter.user);
    if (filter.before !== undefined) query = query.where('sessions.started_at', '<', new Date(filter.before));
    return (await query.execute()).map(toSession);
  }
}

const CRASHED: SessionEndCode = 'gateway_crashed';
/** What people and the audit log are told of a session whose gateway is gone. */
const CRASHED_REASON = 'the gateway stopped without warning';

const toColumns = (counters: SessionCounters) => ({
  statements: counters.statements,
  refused: counters.refused,
  rows: counters.rows,
  bytes_out: counters.bytesOut,
  client_name: counters.clientName ?? null,
});
