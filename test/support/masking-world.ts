import { Client } from 'pg';
import type { ColumnRule } from '../../gateway/src/masking/rule.ts';
import { AnalysisCache } from '../../gateway/src/protocols/postgres/analysis/analysis-cache.ts';
import { createAnalysis } from '../../gateway/src/protocols/postgres/analysis/create-analysis.ts';
import type { Analysis } from '../../gateway/src/protocols/postgres/analysis/plan.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { credentialOf, listenPostgres, type PostgresListener } from './postgres-listener.ts';
import { TestSession } from './test-session.ts';

const rule = (column: string, mask: ColumnRule['mask']): ColumnRule => {
  const [schema = '', table = '', name = ''] = column.split('.');
  return { rule: 'customer-pii', schema, table, column: name, mask };
};

export const RULES: readonly ColumnRule[] = [
  rule('public.customers.ssn', 'full'),
  rule('public.customers.phone', 'null'),
  rule('public.customers.born', 'full'),
  rule('public.customers.tags', 'full'),
  rule('public.events.ip', 'full'),
  rule('public.people.secret', 'full'),
  rule('public.hard.Weird Name', 'full'),
  rule('*.*.email', 'full'),
];

/** Everything that holds masked values, or could give them away. `word` is in every masked value. */
const schema = (word: string) => `
  create table customers (
    id int primary key, name text not null, ssn text unique, phone text, born date, tags text[], country text, note text,
    badge text generated always as ('badge-' || ssn) stored
  );
  insert into customers values
    (1, 'Ada', '${word}-001', '${word}-p1', date '1990-01-01' + length('${word}') * 37, array['${word}'], 'GB', null),
    (2, 'Bo', 'm-${[...word].reverse().join('')}-${word}-002', null, null, null, 'DE', 'x'),
    (3, 'Cy', null, '${word}-p3', date '2001-02-03' - ascii('${word}'), array['${word}', 'b'], 'GB', 'y');
  create table orders (id int primary key, customer_id int references customers, total numeric, name text, placed date);
  insert into orders values (1, 1, 10, 'first', '2024-01-01'), (2, 1, 20, 'second', '2024-01-02'), (3, 2, 30, 'third', null);
  create table events (id int, at date, ip text) partition by range (id);
  create table events_low partition of events for values from (0) to (100);
  create table events_high partition of events for values from (100) to (200);
  insert into events values (1, '2024-01-01', '${word}-ip1'), (101, '2024-01-02', '${word}-ip2');
  create table people (id int, secret text, label text);
  create table employees (salary int) inherits (people);
  insert into people values (1, '${word}-s1', 'one');
  insert into employees values (2, '${word}-s2', 'two', 100);
  create table hard (id int, "Weird Name" text, "from" text);
  insert into hard values (1, '${word}-weird', 'here');
  create table contacts (id int, email text, kind text);
  insert into contacts values (1, '${word}@example.com', 'a'), (2, 'b@${word}.example', 'b');
  create table guesses (guess text primary key);
  insert into guesses values ('guess-1');
  create table snapshots (id int, was customers, list customers[]);
  insert into snapshots select 1, c, array[c] from customers c where id = 1;
  create view plain_view as select id, ssn as tax_id, name from customers;
  create view view_of_view as select tax_id as number, id from plain_view;
  create view harmless_view as select id, name from customers where id > 0;
  create view computing_view as select id, left(ssn, 2) as prefix from customers;
  create view whole_row_view as select id, c as everything from customers c;
  create view filtering_view as select id from customers where ssn like 'a%';
  create view statistics_view as select tablename, most_common_vals::text as vals from pg_stats;
  create view xml_view as select query_to_xml('select * from customers', true, true, '') as x;
  create materialized view materialized as select id, ssn from customers;
  create function leak(integer) returns text language sql as 'select ssn from customers where id = $1';
  create function lower(varchar) returns text language sql as 'select ssn from customers limit 1';
  create view calling_view as select leak(1) as leaked;
  create function is_ssn(text) returns boolean language sql as 'select exists (select 1 from customers where ssn = $1)';
  create domain known_ssn as text check (is_ssn(value));
  create function compare(integer, text) returns boolean language sql as 'select exists (select 1 from customers where id = $1 and ssn = $2)';
  create operator ~~~ (leftarg = integer, rightarg = text, function = compare);
  create sequence numbers;
  create schema other;
  create table other.customers (id int, ssn text, city text);
  insert into other.customers values (1, 'not masked', 'Paris');
  analyze;
`;

/** A database behind a real relay with the real analysis. */
export interface MaskingWorld {
  readonly database: TestDatabase;
  readonly listener: PostgresListener;
  readonly cache: AnalysisCache;
  /** Straight to the database, as its owner. */
  readonly owner: Client;
  /** An analysis as a session would have it, without a relay. */
  analysis(session?: Partial<Pick<TestSession, 'decide'>>): Promise<Analysis>;
  close(): Promise<void>;
}

/** @param word is in every masked value of the database. */
export async function createMaskingWorld(word: string, rules = RULES): Promise<MaskingWorld> {
  const database = await createTestDatabase();
  const owner = new Client(database.url);
  owner.on('error', () => undefined);
  await owner.connect();
  await owner.query(schema(word));
  const cache = await AnalysisCache.load({ maskKey: Buffer.alloc(32, 1) });
  const credential = credentialOf(database.url);
  const listener = await listenPostgres(credential, {
    session: (target) => new TestSession(target, { rules }),
    analyze: (session, catalogQuery) => createAnalysis({ session, catalogQuery, cache }),
  });
  const ask = async (sql: string) => {
    const { rows } = await owner.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows.map((row) => row.map((value) => (value === null ? null : String(value))));
  };
  return {
    database,
    listener,
    cache,
    owner,
    analysis: ({ decide } = {}) => {
      const session = new TestSession(credential, { rules });
      const { resource } = session;
      return createAnalysis({
        session: {
          rules: { columns: rules, text: [] },
          resource,
          decisionVersion: 0,
          decide: decide ?? (() => session.decide()),
        },
        catalogQuery: ask,
        cache,
      });
    },
    async close() {
      await listener.close();
      await owner.end();
      await database.drop();
    },
  };
}
