import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnalysis } from '../../gateway/src/protocols/postgres/analysis/create-analysis.ts';
import type { Session } from '../../gateway/src/sessions/session.ts';
import { type DebianServer, startDebianServer } from '../support/debian-server.ts';
import { credentialOf, listenPostgres, type PostgresListener } from '../support/postgres-listener.ts';
import { TestSession } from '../support/test-session.ts';

const run = promisify(execFile);
const READING = new Set(['sql.read', 'sql.session', 'sql.copy']);

/** As a profile and policies that let somebody read this table and the system's catalogs. */
const readOneTable: Session['decide'] = (actions) => {
  for (const { name, object } of actions) {
    const readable =
      object === undefined || /^(public\.customers$|pg_catalog\.|information_schema\.)/.test(object);
    if (!READING.has(name) || !readable)
      return { verdict: 'deny', reason: `no ${name} on ${object}`, policies: ['p'] };
  }
  return { verdict: 'allow', policies: ['p'] };
};

let server: DebianServer;
let gateway: PostgresListener;
beforeAll(async () => {
  server = await startDebianServer();
  const owner = new pg.Client(server.url('postgres'));
  await owner.connect();
  await owner.query(`
    create table customers (id int primary key, name text); insert into customers values (1, 'Ada');
    create table salaries (id int primary key, customer_id int references customers, amount int);
    create view payroll as select c.name, s.amount from customers c join salaries s on s.customer_id = c.id`);
  await owner.end();
  gateway = await listenPostgres(credentialOf(server.url('postgres')), {
    session: (target) => new TestSession(target, { decide: readOneTable }),
    analyze: (session, catalogQuery) => createAnalysis({ session, catalogQuery }),
  });
});
afterAll(async () => {
  await gateway?.close();
  await server?.stop();
});

const place = () => ['-h', '127.0.0.1', '-p', String(gateway.port), '-U', 'alice'];
const psql = (command: string) =>
  run('psql', ['-X', '-At', ...place(), '-c', command, 'postgres']).catch(
    (error: { stderr: string }) => error,
  );

describe('whoever may read one table and the catalogs', () => {
  it.each(
    '\\d|\\d customers|\\d+ customers|\\d salaries|\\d+ payroll|\\dt+|\\di|\\df|\\df+ now|\\dn+|\\l|\\du|\\dp|\\dT+|\\dx|\\dy|\\dP|\\do|\\sf now|\\sv payroll|\\dconfig|\\dX|\\conninfo'.split(
      '|',
    ),
  )('can ask psql for %s', async (command) => expect((await psql(command)).stderr).toBe(''));

  it('can read it, and nothing else', async () => {
    expect(await psql('select name from customers')).toMatchObject({ stdout: 'Ada\n' });
    expect((await psql('select * from salaries')).stderr).toContain('no sql.read on public.salaries');
    expect((await psql('select name from payroll')).stderr).toContain('no sql.read on public.payroll');
    expect((await psql('delete from customers')).stderr).toContain('no sql.write on public.customers');
    expect((await psql('prepare p as delete from customers; execute p')).stderr).toContain('no sql.write');
  });

  it('can dump it', async () => {
    const { stdout } = await run('pg_dump', [...place(), '-t', 'public.customers', 'postgres'], {
      env: { ...process.env, PGDATABASE: 'postgres' },
    });
    expect(stdout).toContain('1\tAda');
  });

  it('is served what drivers and database tools ask for when they start', async () => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: gateway.port,
      user: 'alice',
      database: 'postgres',
    });
    await client.connect();
    try {
      for (const sql of startup) await expect(client.query(sql), sql).resolves.toBeDefined();
    } finally {
      await client.end();
    }
  });
});

/** Of pgjdbc, DBeaver, Npgsql, psycopg, ActiveRecord, SQLAlchemy, DataGrip. */
const startup = [
  "SET extra_float_digits = 3; SET application_name = 'PostgreSQL JDBC Driver'",
  'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
  'SELECT current_schema(), session_user',
  "SELECT n.oid, n.*, d.description FROM pg_catalog.pg_namespace n LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = n.oid AND d.objsubid = 0 AND d.classoid = 'pg_namespace'::regclass ORDER BY nspname",
  'SELECT db.oid, db.* FROM pg_catalog.pg_database db WHERE datname = current_database()',
  'SELECT * FROM pg_catalog.pg_enum WHERE 1 <> 1 LIMIT 1',
  'SELECT reltype FROM pg_catalog.pg_class WHERE 1 <> 1 LIMIT 1',
  'SHOW search_path',
  'SELECT version()',
  "SELECT c.oid, a.attnum, a.attname, pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON a.attrelid = c.oid LEFT JOIN pg_catalog.pg_attrdef ad ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum WHERE NOT a.attisdropped AND c.oid = 'customers'::regclass ORDER BY a.attnum",
  'SELECT ns.nspname, t.oid, t.typname, t.typtype, t.typnotnull, t.elemtypoid FROM (SELECT typ.oid, typ.typnamespace, typ.typname, typ.typtype, typ.typnotnull, COALESCE(elemtyp.oid, 0) AS elemtypoid FROM pg_type typ LEFT JOIN pg_type AS elemtyp ON elemtyp.oid = typ.typelem) AS t JOIN pg_namespace AS ns ON ns.oid = t.typnamespace',
  "SET client_min_messages TO warning; SET standard_conforming_strings = on; SET SESSION timezone TO 'UTC'",
  'SELECT t.oid, t.typname, t.typelem, t.typdelim, t.typinput, r.rngsubtype, t.typtype, t.typbasetype FROM pg_type as t LEFT JOIN pg_range as r ON oid = rngtypid',
  'SELECT pg_catalog.version(), current_schema(), pg_is_in_recovery()',
  "select pg_catalog.pg_table_is_visible(c.oid) from pg_catalog.pg_class c where c.relname = 'customers'",
  'SELECT table_schema, table_name FROM information_schema.tables',
  'SELECT txid_current(), pg_catalog.age(datfrozenxid) FROM pg_catalog.pg_database',
];
