import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table signing_keys drop constraint signing_keys_purpose_check,
      add constraint signing_keys_purpose_check
        check (purpose in ('recording', 'oidc', 'cookie', 'masking', 'ssh-host', 'ssh-authority'))`.execute(
    db,
  );
}
