import type { AuditEvent } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../new-id.ts';
import type { Database } from '../store/database.ts';
import { type Actor, refOf } from './caller.ts';

export interface AuditEntry {
  readonly actor: Actor;
  /** `request.created`, `grant.revoked`, … */
  readonly action: string;
  /** The id of what changed; for a document `Kind/name`. */
  readonly subject: string;
  readonly reason?: string | undefined;
  /** Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface AuditFilter {
  readonly limit: number;
  readonly subject?: string | undefined;
  /** RFC 3339; only what was before. */
  readonly before?: string | undefined;
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
        reason: entry.reason ?? null,
        address: caller?.address ?? null,
        details: JSON.stringify(entry.details ?? {}),
      })
      .execute();
  }

  /** Newest first. */
  async list(filter: AuditFilter): Promise<AuditEvent[]> {
    let query = this.#db
      .selectFrom('audit_events')
      .selectAll()
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(filter.limit);
    if (filter.subject !== undefined) query = query.where('subject', '=', filter.subject);
    if (filter.before !== undefined) query = query.where('at', '<', new Date(filter.before));
    const rows = await query.execute();
    return rows.map((row) => ({
      id: row.id,
      at: row.at.toISOString(),
      ...(row.actor ? { actor: row.actor } : {}),
      action: row.action,
      subject: row.subject,
      ...(row.reason === null ? {} : { reason: row.reason }),
      ...(row.address === null ? {} : { address: row.address }),
      details: row.details,
    }));
  }
}
