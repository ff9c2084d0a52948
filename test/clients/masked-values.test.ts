import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientWorld, SERVERS, type ServerName, startClientWorld } from '../support/client-world.ts';
import { recordedRows, recordingOf } from '../support/session-recording.ts';
import { tapWire, type WireTap } from '../support/wire-tap.ts';

/** Every way that somebody who may read could think of, and the column that the refusal names. */
const DETOURS: readonly (readonly [sql: string, column: string])[] = [
  ["select 'x' || ssn from customers", 'ssn'],
  ['select ssn::bytea from customers', 'ssn'],
  ['select upper(c.email) from customers as c', 'email'],
  ['select length(phone) from customers', 'phone'],
  ["select id from customers where ssn like '9%'", 'ssn'],
  ['select id from customers order by ssn', 'ssn'],
  ['select ssn, count(*) from customers group by ssn', 'ssn'],
  ['select distinct ssn from customers', 'ssn'],
  ['select max(ssn) from customers', 'ssn'],
  ['select string_agg(ssn, chr(44)) from customers', 'ssn'],
  ['select array_agg(c) from customers c', 'email'],
  ['select c from customers c', 'email'],
  ['select (c).ssn from customers c', 'ssn'],
  ['select row_to_json(c) from customers c', 'email'],
  ['select to_jsonb(customers) from customers', 'email'],
  ['select (select ssn from customers limit 1)', 'ssn'],
  ['select * from (select ssn as harmless from customers) x', 'ssn'],
  ['with x as (select ssn from customers) select * from x', 'ssn'],
  ['select ssn from customers union all select null', 'ssn'],
  ['select case when ssn is null then 1 end from customers', 'ssn'],
  ['select lag(ssn) over (order by id) from customers', 'ssn'],
  ['select o.id from orders o join customers c on c.id = o.customer_id and c.ssn > $$5$$', 'ssn'],
  ['select c.id from customers c natural join (select phone from customers) d', 'email'],
  ['select x.v from customers c, lateral (select c.ssn as v) x', 'ssn'],
  ['select 1 / (ssn = $$900-10-0001$$)::int from customers', 'ssn'],
  ['copy customers to stdout', 'email'],
  ['copy customers (ssn) to stdout', 'ssn'],
  ['copy (select ssn from customers) to stdout', 'ssn'],
  ['copy (table payments) to stdout', 'card_number'],
  ['explain analyze select id from customers where ssn > $$5$$', 'ssn'],
  ['declare c cursor for select lower(ssn) from customers', 'ssn'],
  ['prepare detour as select lower(ssn) from customers', 'ssn'],
  ['select right(card_number, 16) from payments', 'card_number'],
  ['select "email"::varchar(300) from reporting.customer_directory', 'email'],
];
/** Ways that name no column: the answer says what can't be done. */
const CLOSED: readonly (readonly [sql: string, reason: string])[] = [
  ['select reporting.customer_contact(1)', 'reporting.customer_contact'],
  ["select query_to_xml('select ssn from customers', true, true, '')", 'query_to_xml'],
  ["select table_to_xml('customers', true, true, '')", 'table_to_xml'],
  ['select most_common_vals from pg_stats', 'pg_stats'],
  ['select stavalues1 from pg_statistic', 'pg_statistic'],
  ['select query from pg_stat_activity', 'pg_stat_activity'],
  ["select pg_read_file('pg_hba.conf')", 'pg_read_file'],
  ["select lo_import('x')", 'lo_import'],
  ['do $$ begin raise notice $n$%$n$, (select ssn from customers limit 1); end $$', 'sql.exec'],
  ["copy customers to program 'cat'", 'drawbridge: '],
  ['update customers set note = ssn', 'sql.write'],
  ['select * into temporary stolen from customers', 'drawbridge: '],
  ['create temporary table stolen as select * from customers', 'drawbridge: '],
  ['select this is no sql', 'syntax error'],
];

let world: ClientWorld;
let tap: WireTap;
beforeAll(async () => {
  world = await startClientWorld();
});
afterAll(() => world?.stop());

/** Values of masked columns, as they are in the target. */
async function secretsOf(server: ServerName): Promise<string[]> {
  const client = new pg.Client(world.places[server].targetUrl('production'));
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({
      text: `select ssn, phone, split_part(email, '@', 1) || '@' from customers where id <= 300
             union all select card_number, card_number, card_number from payments where id <= 300`,
      rowMode: 'array',
    });
    const secrets = [...new Set(rows.flat().map(String))];
    expect(secrets.length).toBeGreaterThan(1_000);
    return secrets;
  } finally {
    await client.end();
  }
}

const found = (bytes: string, secrets: readonly string[]) =>
  secrets.filter((secret) => bytes.includes(Buffer.from(secret).toString('latin1')));

describe.each(SERVERS)('masked values of the %s server', (server) => {
  let secrets: readonly string[];

  beforeAll(async () => {
    secrets = await secretsOf(server);
    tap = await tapWire(world.places[server].production.port);
  });
  afterAll(() => tap?.close());

  const session = async <T>(name: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const { user, secret, database } = world.places[server].production;
    const client = new pg.Client({
      host: '127.0.0.1',
      port: tap.port,
      user,
      password: secret,
      database,
      application_name: name,
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  /** As the wire has it: no value is parsed. */
  const raw = { rowMode: 'array' as const, types: { getTypeParser: () => (value: unknown) => value } };
  const READS = [
    'select id, full_name, ssn, phone, email, created_at from customers where id <= 200 order by id',
    'select c.*, p.card_number as "n/a", p.amount from customers c join orders o on o.customer_id = c.id join payments p on p.order_id = o.id where c.id <= 100 order by c.id, p.id',
    'select * from reporting.customer_directory where id <= 100 order by id',
  ];

  it('do not reach the client in rows, and the recording holds just what did', async () => {
    const name = `reads-${server}`;
    const seen = await session(name, async (client) => {
      const rows: unknown[][] = [];
      for (const text of READS) {
        rows.push(...(await client.query<unknown[]>({ text, ...raw })).rows);
        rows.push(
          ...(await client.query<unknown[]>({ text, ...raw, values: [], name: text.slice(0, 20) })).rows,
        );
      }
      return rows;
    });
    expect(seen.length).toBeGreaterThan(600);
    expect(found(tap.received(), secrets)).toEqual([]);
    const recording = await recordingOf(world.auditor, name);
    expect(recordedRows(recording)).toEqual(seen);
    expect(found(recording.bytes, secrets)).toEqual([]);
    expect(recording.session).toMatchObject({ rows: seen.length, refused: 0, endCode: 'client_closed' });
    const columns = recording.events.find((event) => event.type === 'columns');
    expect(columns).toMatchObject({
      columns: expect.arrayContaining([
        expect.objectContaining({
          name: 'ssn',
          masked: { rule: 'customer-pii', mask: 'last4', column: 'public.customers.ssn' },
        }),
      ]),
    });
  });

  it('do not reach the client in binary', async () => {
    const name = `binary-${server}`;
    // node-postgres gives the octets of a binary value as a text, which keeps those below 128.
    const text = 'select id::int4, ssn, phone, email, created_at from customers where id <= 100 order by 1';
    const query = { text, ...raw, queryMode: 'extended', binary: true };
    const seen = await session(name, async (client) => (await client.query<string[]>(query)).rows);
    expect(seen.map(([number = '']) => Buffer.from(number, 'latin1').readInt32BE())).toEqual(
      Array.from({ length: 100 }, (_, n) => n + 1),
    );
    for (const [, ssn, phone, email] of seen) {
      expect(ssn).toMatch(/^•{6}\d{4}$/);
      expect(phone).toBe('••••••');
      expect(email).toMatch(/^••••••@[\w.]+$/);
    }
    expect(found(tap.received(), secrets)).toEqual([]);
    const recording = await recordingOf(world.auditor, name);
    expect(recordedRows(recording).map((row) => row.slice(0, 4))).toEqual(
      seen.map(([, ...masked], n) => [String(n + 1), ...masked.slice(0, 3)]),
    );
    expect(recordedRows(recording)[0]?.[4]).toMatch(/^20\d\d-/);
    expect(found(recording.bytes, secrets)).toEqual([]);
  });

  it('cannot be had by a detour: the refusal names column and rule', async () => {
    const name = `detours-${server}`;
    await session(name, async (client) => {
      for (const [sql, column] of DETOURS) {
        for (const query of [{ text: sql }, { text: sql, queryMode: 'extended' }]) {
          const refusal = await client.query(query).then(
            () => 'passed',
            (error: pg.DatabaseError) => `${error.code} ${error.message}`,
          );
          expect(`${sql}: ${refusal}`).toMatch(
            new RegExp(
              `: 42501 drawbridge: .*column (public|reporting)\\.\\w+\\.${column} is masked by rule [a-z-]+`,
              's',
            ),
          );
        }
      }
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });
    expect(found(tap.received(), secrets)).toEqual([]);
    const { session: over, events } = await recordingOf(world.auditor, name);
    const denied = events.filter((event) => event.type === 'statement' && event.decision === 'deny');
    expect(denied).toHaveLength(DETOURS.length * 2);
    expect(over.refused).toBe(DETOURS.length * 2);
  });

  it('cannot be had by what reads behind the back', async () => {
    await session(`closed-${server}`, async (client) => {
      for (const [sql, reason] of CLOSED) {
        const refusal = await client.query(sql).then(
          () => 'passed',
          (error: pg.DatabaseError) => `${error.message}`,
        );
        expect(`${sql}: ${refusal}`).toContain(': drawbridge: ');
        expect(refusal).toContain(reason);
      }
    });
    expect(found(tap.received(), secrets)).toEqual([]);
  });

  it('are in no error text, notice or plan', async () => {
    const { user, secret, database, port } = world.places[server].support;
    const support = await tapWire(port);
    const name = `errors-${server}`;
    try {
      const client = new pg.Client({
        host: '127.0.0.1',
        port: support.port,
        user,
        password: secret,
        database,
        application_name: name,
      });
      const notices: string[] = [];
      client.on('error', () => undefined);
      client.on('notice', (notice) => notices.push(JSON.stringify(notice)));
      await client.connect();
      const values = ['Grace', 'grace@hidden.example', '+999 55', '900-12-7777', 'GB'];
      const insert =
        'insert into customers (full_name, email, phone, ssn, country) values ($1, $2, $3, $4, $5)';
      await client.query(insert, values);
      for (const [sql, code] of [
        ["update customers set ssn = ssn || '' where full_name = 'Grace'", '42501'],
        ["update customers set country = 'toolong' where full_name = 'Grace'", '22001'],
        ["update customers set country = 'xx' where full_name = 'Grace'", '23514'],
        ["update customers set full_name = null where full_name = 'Grace'", '23502'],
        ["insert into customers select * from customers where full_name = 'Grace'", '42501'],
        [
          "insert into payments (order_id, amount, card_number, status) select 1, 1, card_number, 'failed' from payments",
          '42501',
        ],
        ['update orders set customer_id = -1', '23503'],
      ] as const) {
        await expect(client.query(sql), sql).rejects.toMatchObject({ code });
      }
      await expect(client.query(insert, values)).rejects.toMatchObject({ code: '23505' });
      const plan = await client.query(
        "explain (analyze, verbose) select ssn, email from customers where full_name = 'Grace'",
      );
      expect(JSON.stringify(plan.rows)).toContain('customers');
      await client.query("delete from customers where full_name = 'Grace'");
      await client.end();
      const all = [...secrets, '900-12-7777', 'grace@', '+999 55'];
      expect(found(support.received(), all)).toEqual([]);
      expect(notices).toEqual([]);
    } finally {
      await support.close();
    }
  });
});
