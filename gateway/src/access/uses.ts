import type { CommandReviewId, PrincipalRef, Use } from '@drawbridge/contract';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../store/database.ts';
import type { Authorizer } from './authorizer.ts';
import type { Caller } from './caller.ts';
import type { Configuration } from './configuration.ts';
import { readCursor, writeCursor } from './page-cursor.ts';
import { personRef } from './request-rows.ts';

export interface UseFilter {
  readonly limit: number;
  /** RFC 3339: what was done from then on, and before then. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
  readonly resource?: string | undefined;
  /** Login name. */
  readonly who?: string | undefined;
  /** As it is called, or a table without its schema. A table stands for its columns too. */
  readonly object?: string | undefined;
  /** One action, or all of a kind: what stands before the dot. */
  readonly action?: string | undefined;
  readonly decision?: 'allow' | 'deny' | undefined;
}

export interface UsesParts {
  readonly db: Kysely<Database>;
  readonly authorizer: Authorizer;
  readonly configuration: Pick<Configuration, 'current'>;
}

/** The longest that one row covers, in ms. */
const MINUTE = 60_000;

/**
 * Who did what to what, under which grant, and who approved that. One's own are one's own to see; those of others with
 * `admin.read`, or of resources whose recordings one may view.
 */
export class Uses {
  readonly #parts: UsesParts;

  constructor(parts: UsesParts) {
    this.#parts = parts;
  }

  /** Newest first, a page at a time. @throws DrawbridgeError `invalid_request` */
  async list(caller: Caller, filter: UseFilter): Promise<{ uses: Use[]; next?: string }> {
    const visible = await this.#visibleTo(caller);
    let query = joined(this.#parts.db)
      .orderBy('n.first_at', 'desc')
      .orderBy('n.session_id', 'desc')
      .orderBy('n.key', 'desc')
      // One more shows whether there is a next page.
      .limit(filter.limit + 1);
    if (visible !== 'all')
      query = query.where((is) =>
        is.or([
          is('n.user_id', '=', caller.user.id),
          ...(visible.length > 0 ? [is('n.resource', 'in', visible)] : []),
        ]),
      );
    const { since, until, resource, who, object, action, decision, cursor } = filter;
    if (since !== undefined)
      query = query
        .where('n.last_at', '>=', new Date(since))
        // For the index, which is by the first time.
        .where('n.first_at', '>', new Date(Date.parse(since) - MINUTE));
    if (until !== undefined) query = query.where('n.first_at', '<', new Date(until));
    if (resource !== undefined) query = query.where('n.resource', '=', resource);
    if (who !== undefined) query = query.where('u.name', '=', who);
    if (decision !== undefined) query = query.where('n.decision', '=', decision);
    if (action !== undefined)
      query = action.includes('.')
        ? query.where('n.action', '=', action)
        : query.where(sql<boolean>`starts_with(n.action, ${`${action}.`})`);
    if (object !== undefined) {
      const table = object.slice(object.indexOf('.') + 1);
      query = query.where((is) =>
        is.or([
          is('n.object', '=', object),
          object.includes('.')
            ? is.and([is('n.table_name', '=', table), sql<boolean>`starts_with(n.object, ${`${object}.`})`])
            : is('n.table_name', '=', object),
        ]),
      );
    }
    if (cursor !== undefined) {
      const { at, ids } = readCursor(cursor, 2);
      query = query.where(sql<boolean>`(n.first_at, n.session_id, n.key) < (${at}, ${ids[0]}, ${ids[1]})`);
    }
    const rows = await query.execute();
    const shown = rows.slice(0, filter.limit);
    const last = rows.length > shown.length ? shown.at(-1) : undefined;
    return {
      uses: await this.#toUses(shown),
      ...(last && { next: writeCursor({ at: last.first_at, ids: [last.session_id, last.key] }) }),
    };
  }

  /** Names of the resources whose uses by anybody the caller may see. */
  async #visibleTo(caller: Caller): Promise<'all' | string[]> {
    const { authorizer, configuration, db } = this.#parts;
    const { resources } = await configuration.current();
    if (authorizer.may(caller, 'admin.read')) return 'all';
    const names = await db.selectFrom('sessions').select('resource').distinct().execute();
    return names.flatMap(({ resource: name }) => {
      // A removed resource has no labels any more; policies that ask for none still apply to it.
      const resource = resources.get(name) ?? { name, protocol: 'postgres' as const, labels: {} };
      return authorizer.may(caller, 'recording.view', resource) ? [name] : [];
    });
  }

  async #toUses(rows: readonly Row[]): Promise<Use[]> {
    const { db } = this.#parts;
    const approvals = await approvalsOf(db, rows);
    const reviews = await reviewsOf(
      db,
      rows.flatMap((row) => row.reviews),
    );
    return rows.map((row) => {
      const held = row.reviews.flatMap((id) => reviews.get(id) ?? []);
      return {
        session: row.session_id,
        grant: row.grant_id,
        request: row.request_id,
        principal: personRef(row.user_id, row.user_name, row.user_display_name),
        resource: row.resource,
        profile: row.profile,
        action: row.action,
        ...(row.object === null ? {} : { object: row.object }),
        decision: row.decision,
        policies: row.policies,
        count: Number(row.count),
        firstAt: row.first_at.toISOString(),
        lastAt: row.last_at.toISOString(),
        reason: row.reason,
        approvedBy: distinct(approvals.filter((each) => each.covers(row)).map(({ person }) => person)),
        reviews: row.reviews,
        reviewedBy: distinct(held.flatMap(({ people }) => people)),
        brokenGlass: row.broken_glass !== null || held.some(({ brokenGlass }) => brokenGlass),
        ...(row.client_address === null ? {} : { clientAddress: row.client_address }),
      };
    });
  }
}

const joined = (db: Kysely<Database>) =>
  db
    .selectFrom('session_uses as n')
    .innerJoin('sessions as s', 's.id', 'n.session_id')
    .innerJoin('grants as g', 'g.id', 's.grant_id')
    .innerJoin('users as u', 'u.id', 'n.user_id')
    .selectAll('n')
    .select(['s.grant_id', 's.profile', 's.client_address', 'g.request_id', 'g.reason', 'g.broken_glass'])
    .select(['u.name as user_name', 'u.display_name as user_display_name']);

type Row = Awaited<ReturnType<ReturnType<typeof joined>['execute']>>[number];

interface Approval {
  readonly person: PrincipalRef;
  /** Whether it is of the request that led to the use, or of one that had prolonged its grant by then. */
  covers(row: Row): boolean;
}

/** Who approved the access, in the order in which they did. */
async function approvalsOf(db: Kysely<Database>, rows: readonly Row[]): Promise<Approval[]> {
  if (rows.length === 0) return [];
  const requests = [...new Set(rows.map(({ request_id }) => request_id))];
  const grants = [...new Set(rows.map(({ grant_id }) => grant_id))];
  const found = await db
    .selectFrom('reviews as v')
    .innerJoin('access_requests as r', 'r.id', 'v.request_id')
    .innerJoin('users as u', 'u.id', 'v.reviewer_id')
    .select(['v.request_id', 'r.extends', 'r.decided_at', 'u.id', 'u.name', 'u.display_name'])
    .where('v.verdict', '=', 'approve')
    .where('r.state', '=', 'approved')
    .where((is) => is.or([is('r.id', 'in', requests), is('r.extends', 'in', grants)]))
    .orderBy('v.created_at')
    .orderBy('v.id')
    .execute();
  return found.map(({ request_id, extends: prolonged, decided_at, id, name, display_name }) => ({
    person: personRef(id, name, display_name),
    covers: (row) =>
      request_id === row.request_id ||
      (prolonged === row.grant_id && decided_at !== null && decided_at <= row.last_at),
  }));
}

interface Held {
  readonly people: PrincipalRef[];
  readonly brokenGlass: boolean;
}

/** Who approved what was held, review by review, and where nobody was waited for. */
async function reviewsOf(
  db: Kysely<Database>,
  ids: readonly CommandReviewId[],
): Promise<Map<CommandReviewId, Held>> {
  const found = new Map<CommandReviewId, Held>();
  if (ids.length === 0) return found;
  const rows = await db
    .selectFrom('command_reviews as c')
    .leftJoin('command_votes as v', (on) =>
      on.onRef('v.review_id', '=', 'c.id').on('v.verdict', '=', 'approve'),
    )
    .leftJoin('users as u', 'u.id', 'v.reviewer_id')
    .select(['c.id as review', 'c.glass_reason', 'u.id', 'u.name', 'u.display_name'])
    .where('c.id', 'in', [...new Set(ids)])
    .orderBy('v.created_at')
    .orderBy('v.reviewer_id')
    .execute();
  for (const { review, glass_reason, id, name, display_name } of rows) {
    const held = found.get(review) ?? { people: [], brokenGlass: glass_reason !== null };
    if (id !== null && name !== null && display_name !== null)
      held.people.push(personRef(id, name, display_name));
    found.set(review, held);
  }
  return found;
}

const distinct = (people: readonly PrincipalRef[]): PrincipalRef[] => [
  ...new Map(people.map((person) => [person.id, person])).values(),
];
