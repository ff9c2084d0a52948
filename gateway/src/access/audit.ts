import type { AuditEvent } from '@drawbridge/contract';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../new-id.ts';
import type { Database } from '../store/database.ts';
import { type Actor, refOf } from './caller.ts';
import { readCursor, writeCursor } from './page-cursor.ts';

export interface AuditEntry {
  readonly actor: Actor;
  /** `request.created`, `grant.revoked`, … */
  readonly action: string;
  /** The id of what changed; for a document `Kind/name`. */
  readonly subject: string;
  /** The resource it is about; where it is not given it is that of the subject. */
  readonly resource?: string | undefined;
  readonly reason?: string | undefined;
  /** Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface AuditFilter {
  readonly limit: number;
  readonly subject?: string | undefined;
  readonly resource?: string | undefined;
  /** Login name of who did it. */
  readonly who?: string | undefined;
  /** One action, or all of a kind: what stands before the dot. */
  readonly action?: string | undefined;
  /** RFC 3339: from then on, and before then. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** The same as `until`. */
  readonly before?: string | undefined;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

export interface AuditPage {
  readonly events: AuditEvent[];
  /** The cursor of the next page; absent where this is the last. */
  readonly next?: string;
}

/** The audit log. Append only: the database refuses to change or remove an event. */
export class Audit {
  readonly #db: Kysely<Database>;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(db: Kysely<Database>, clock: Pick<Clock, 'now'>) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Writes an event; give it the transaction of the change it tells of, so that neither is there without the other. */
  async append(entry: AuditEntry, executor: Kysely<Database> = this.#db): Promise<void> {
    const caller = entry.actor === 'gateway' ? undefined : entry.actor;
    await executor
      .insertInto('audit_events')
      .values({
        id: newId('aud'),
        at: new Date(this.#clock.now()),
        actor: caller ? JSON.stringify(refOf(caller.user)) : null,
        action: entry.action,
        subject: entry.subject,
        resource: entry.resource ?? resourceOf(entry.subject),
        reason: entry.reason ?? null,
        address: caller?.address ?? null,
        details: JSON.stringify(entry.details ?? {}),
      })
      .execute();
  }

  /** Newest first, a page at a time: what is added meanwhile moves nothing. @throws DrawbridgeError `invalid_request` */
  async list(filter: AuditFilter): Promise<AuditPage> {
    const { resource } = filter;
    // One more shows whether there is a next page.
    const most = filter.limit + 1;
    const found =
      resource === undefined
        ? [this.#matching(filter)]
        : [
            this.#matching(filter).where('resource', '=', resource),
            // A request may ask for several resources, of which its events name the first. Asked for apart, so that each
            // has an index.
            this.#matching(filter)
              .where('resource', '<>', resource)
              .where('subject', 'in', (of) =>
                of
                  .selectFrom('request_targets')
                  .select('request_id')
                  .where('resource', '=', resource)
                  .where('position', '>', 0),
              ),
          ];
    const rows = (await Promise.all(found.map((query) => query.limit(most).execute())))
      .flat()
      .sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1));
    const events = rows.slice(0, filter.limit);
    const last = rows.length > events.length ? events.at(-1) : undefined;
    return {
      events: events.map((row) => ({
        id: row.id,
        at: row.at.toISOString(),
        ...(row.actor ? { actor: row.actor } : {}),
        action: row.action,
        subject: row.subject,
        ...(row.resource === null ? {} : { resource: row.resource }),
        ...(row.reason === null ? {} : { reason: row.reason }),
        ...(row.address === null ? {} : { address: row.address }),
        details: row.details,
      })),
      ...(last && { next: writeCursor({ at: last.at, ids: [last.id] }) }),
    };
  }

  #matching({ subject, who, action, since, until, before, cursor }: AuditFilter) {
    let query = this.#db.selectFrom('audit_events').selectAll().orderBy('at', 'desc').orderBy('id', 'desc');
    if (subject !== undefined) query = query.where('subject', '=', subject);
    if (who !== undefined) query = query.where(sql`actor ->> 'name'`, '=', who);
    if (action !== undefined) {
      query = query.where(sql`split_part(action, '.', 1)`, '=', action.split('.', 1)[0]);
      if (action.includes('.')) query = query.where('action', '=', action);
    }
    if (since !== undefined) query = query.where('at', '>=', new Date(since));
    for (const end of [until, before]) if (end !== undefined) query = query.where('at', '<', new Date(end));
    if (cursor !== undefined) {
      const { at, ids } = readCursor(cursor, 1);
      query = query.where(sql<boolean>`(at, id) < (${at}, ${ids[0]})`);
    }
    return query;
  }
}

/** Where the resource of each kind of subject is written. */
const tables = {
  req: 'access_requests',
  grt: 'grants',
  ses: 'sessions',
  cmd: 'command_reviews',
} as const;

/** The resource that a subject is of, looked up where the event is written. */
function resourceOf(subject: string): string | null | RawBuilder<string | null> {
  if (subject.startsWith('Resource/')) return subject.slice('Resource/'.length);
  const prefix = subject.slice(0, subject.indexOf('_'));
  const table = Object.hasOwn(tables, prefix) ? tables[prefix as keyof typeof tables] : undefined;
  return table === undefined
    ? null
    : sql<string | null>`(select resource from ${sql.table(table)} where id = ${subject})`;
}
