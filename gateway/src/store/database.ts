import { Kysely, PostgresDialect } from 'kysely';
import { Pool, type PoolConfig } from 'pg';
import { migrate } from './migrate.ts';
import { StoreError } from './store-error.ts';
import type { AccessTables } from './tables/access.ts';
import type { CommandReviewTables } from './tables/command-reviews.ts';
import type { DocumentTables } from './tables/documents.ts';
import type { IdentityTables } from './tables/identity.ts';
import type { KeyTables } from './tables/keys.ts';
import type { NotificationTables } from './tables/notifications.ts';
import type { SessionTables } from './tables/sessions.ts';
import type { UseTables } from './tables/uses.ts';

/** Every table. Times are `timestamptz`, read and written as `Date`; `bigint` is read as text. */
export interface Database
  extends DocumentTables,
    KeyTables,
    IdentityTables,
    AccessTables,
    SessionTables,
    NotificationTables,
    CommandReviewTables,
    UseTables {}

export interface OpenDatabase {
  readonly db: Kysely<Database>;
  /** Waits for what runs and closes all connections. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** The most connections held at a time. */
  readonly maxConnections?: number;
  /** Told when an idle connection breaks; the pool replaces it by itself. */
  readonly onConnectionLost?: (error: Error) => void;
}

/**
 * Connects to the store and brings its schema up to date.
 * @throws StoreError when it can't be reached, was made by a later release, or can't be brought up to date.
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<OpenDatabase> {
  const pool = new Pool(poolConfig(url, options));
  // Without a listener a connection that breaks while idle would end the process.
  let closing = false;
  pool.on('error', (error) => {
    // A pool that ends doesn't wait for the server to let go of each connection.
    if (!closing) options.onConnectionLost?.(error);
  });
  // One that breaks while a query runs says so to the query, and to listeners as well: again nobody may mean the end.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
  });
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  try {
    await assertReachable(pool, url);
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    db,
    close() {
      closing = true;
      return db.destroy();
    },
  };
}

function poolConfig(url: string, options: DatabaseOptions): PoolConfig {
  return {
    connectionString: url,
    application_name: 'drawbridge-gateway',
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    // A gateway that hangs in the middle of a transaction must not hold its locks for the others.
    idle_in_transaction_session_timeout: 30_000,
    lock_timeout: 15_000,
  };
}

async function assertReachable(pool: Pool, url: string): Promise<void> {
  try {
    (await pool.connect()).release();
  } catch (cause) {
    const { hostname, port, pathname } = new URL(url);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(
      'unreachable',
      `The store at ${hostname}:${port || '5432'}${pathname} can't be used: ${reason}. Check store.url, and that the server runs and lets this user in.`,
      { cause },
    );
  }
}
