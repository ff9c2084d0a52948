import { readFile } from 'node:fs/promises';
import pg from 'pg';

/** One database of the demo shop and who may use it. Passwords are chosen by the caller. */
export interface ShopDatabase {
  readonly name: string;
  readonly customers: number;
  readonly orders: number;
  /** May read everything. */
  readonly reader: Login;
  /** May also change customers, orders and payments; not the catalogue's structure. */
  readonly writer: Login;
}

interface Login {
  readonly username: string;
  readonly password: string;
}

/** Owns the shop's tables; nobody signs in as it. */
const OWNER = 'shop_owner';

/**
 * Makes and fills a database of the shop where it isn't there yet, and sets its logins' passwords and rights.
 * @param url connection string of a superuser to a database, as `EmbeddedServer.url` gives it.
 */
export async function ensureShopDatabase(
  url: (database: string) => string,
  shop: ShopDatabase,
): Promise<void> {
  await connected(url('postgres'), async (server) => {
    await server.query('revoke all on database postgres, template1 from public');
    await ensureRole(server, OWNER, 'nologin');
    for (const login of [shop.reader, shop.writer]) {
      await ensureRole(
        server,
        login.username,
        'login nosuperuser nocreatedb nocreaterole noinherit noreplication nobypassrls',
      );
      await server.query(`alter role ${id(login.username)} password ${pg.escapeLiteral(login.password)}`);
    }
    const { rowCount } = await server.query('select from pg_database where datname = $1', [shop.name]);
    if (rowCount !== 0) return;
    // Filled under another name: a database of the right name is a whole one, whatever interrupted us before.
    const draft = `${shop.name}_draft`;
    await server.query(`drop database if exists ${id(draft)} with (force)`);
    await server.query(`create database ${id(draft)} owner ${id(OWNER)}`);
    await server.query(`revoke all on database ${id(draft)} from public`);
    await connected(url(draft), (database) => fill(database, shop));
    await server.query(`alter database ${id(draft)} rename to ${id(shop.name)}`);
  });
  await connected(url(shop.name), (database) => database.query(rights(shop)));
}

async function fill(database: pg.Client, shop: ShopDatabase): Promise<void> {
  const script = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');
  await database.query('begin');
  await database.query(`set local role ${id(OWNER)}`);
  await database.query(
    `set local shop.customers = ${Number(shop.customers)}; set local shop.orders = ${Number(shop.orders)}`,
  );
  await database.query(await script('schema.sql'));
  await database.query(await script('data.sql'));
  await database.query('commit');
  await database.query('vacuum (analyze)');
}

function rights(shop: ShopDatabase): string {
  const [reader, writer, name] = [shop.reader.username, shop.writer.username, shop.name].map(id);
  return `
    grant connect on database ${name} to ${reader}, ${writer};
    grant usage on schema public, reporting to ${reader}, ${writer};
    grant select on all tables in schema public, reporting to ${reader}, ${writer};
    grant select on all sequences in schema public to ${reader}, ${writer};
    grant insert, update, delete on public.customers, public.orders, public.order_items, public.payments to ${writer};
    grant insert, update on public.products to ${writer};
    grant usage on all sequences in schema public to ${writer};`;
}

async function ensureRole(server: pg.Client, name: string, attributes: string): Promise<void> {
  const { rowCount } = await server.query('select from pg_roles where rolname = $1', [name]);
  await server.query(`${rowCount === 0 ? 'create' : 'alter'} role ${id(name)} ${attributes}`);
}

async function connected<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const id = pg.escapeIdentifier;
