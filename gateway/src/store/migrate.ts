import { type Kysely, Migrator, sql } from 'kysely';
import { migrations } from './migrations/index.ts';
import { StoreError } from './store-error.ts';

/** Key of the advisory lock under which one gateway at a time changes the schema: "drawbrid" in ASCII. */
const LOCK = 0x6472617762726964n;

/**
 * Brings the schema up to date: all in one transaction, by one gateway at a time, however many start together.
 * @throws StoreError `newer` when the schema has changes that this release doesn't know, `migration_failed` when one fails.
 */
export async function migrate<Tables>(db: Kysely<Tables>): Promise<void> {
  await db.connection().execute(async (connection) => {
    // Waits for as long as the others need: the limit is theirs.
    await sql`set lock_timeout = 0`.execute(connection);
    await sql`select pg_advisory_lock(${LOCK.toString()}::bigint)`.execute(connection);
    try {
      await assertNotNewer(connection);
      await run(db);
    } finally {
      await sql`select pg_advisory_unlock(${LOCK.toString()}::bigint)`.execute(connection);
      await sql`reset lock_timeout`.execute(connection);
    }
  });
}

async function run<Tables>(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'the schema';
  const reason = error instanceof Error ? error.message : String(error);
  throw new StoreError(
    'migration_failed',
    `The store could not be brought up to date (${failed}: ${reason}). Nothing was changed. The user of store.url must own the database or be allowed to create tables in it.`,
    { cause: error },
  );
}

async function assertNotNewer<Tables>(db: Kysely<Tables>): Promise<void> {
  const { rows: tables } = await sql<{ found: string | null }>`
    select to_regclass('kysely_migration')::text as found`.execute(db);
  if (!tables[0]?.found) return;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const unknown = rows.map((row) => row.name).filter((name) => !(name in migrations));
  if (unknown.length === 0) return;
  throw new StoreError(
    'newer',
    `The store was made by a later release of Drawbridge: it has ${unknown.join(', ')}, which this one doesn't know. Start that release again, or restore a backup from before the upgrade.`,
  );
}
