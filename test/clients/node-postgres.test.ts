import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ClientWorld, SERVERS, startClientWorld } from '../support/client-world.ts';

let world: ClientWorld;
const open = new Set<pg.Client>();

beforeAll(async () => {
  world = await startClientWorld();
});
afterEach(async () => {
  await Promise.all([...open].map((client) => client.end()));
  open.clear();
});
afterAll(() => world?.stop());

describe.each(SERVERS)('node-postgres on the %s server', (server) => {
  const connect = async (to: 'production' | 'staging' | 'support', config: pg.ClientConfig = {}) => {
    const { host, port, user, secret, database } = world.places[server][to];
    const client = new pg.Client({ host, port, user, password: secret, database, ...config });
    client.on('error', () => undefined);
    await client.connect();
    open.add(client);
    return client;
  };

  it.each([
    ['simple', { text: 'select id, ssn, phone, email from customers where id = 7' }],
    ['with parameters', { text: 'select id, ssn, phone, email from customers where id = $1', values: [7] }],
    [
      'prepared',
      { name: 'q', text: 'select id, ssn, phone, email from customers where id = $1', values: [7] },
    ],
    [
      'in portions',
      { text: 'select id, ssn, phone, email from customers where id = $1', values: [7], rows: 1 },
    ],
  ])('reads masked rows, %s', async (_how, query) => {
    const client = await connect('production');
    for (let round = 0; round < 3; round += 1) {
      const { rows } = await client.query<Record<string, string>>(query);
      expect(rows).toEqual([
        {
          id: '7',
          ssn: expect.stringMatching(/^•{6}\d{4}$/),
          phone: '••••••',
          email: expect.stringMatching(/^••••••@/),
        },
      ]);
    }
  });

  it('gets every type in binary as the target sends it', async () => {
    const text = `select 1::int2 as a, -5::int4 as b, 9007199254740993::int8 as c, 1.5::float8 as d, 12.340::numeric as e, true as f,
      '2024-02-29T12:00:00.5Z'::timestamptz as g, '{1,2,NULL}'::int[] as h, '\\x00ff'::bytea as i, '{"a": [1]}'::jsonb as j,
      'é'::text as k, null::text as l, gen_random_uuid() is not null as m, '1 day'::interval as n, '{}'::text[] as o`;
    const through = await connect('production');
    const direct = new pg.Client(world.places[server].targetUrl('production'));
    await direct.connect();
    open.add(direct);
    for (const binary of [false, true]) {
      const query = {
        text,
        queryMode: 'extended',
        binary,
        rowMode: 'array',
        types: { getTypeParser: () => (value: unknown) => value },
      };
      const [ours, theirs] = [await through.query(query), await direct.query(query)];
      expect(ours.rows).toEqual(theirs.rows);
      expect(ours.fields.map(({ name, dataTypeID, format }) => [name, dataTypeID, format])).toEqual(
        theirs.fields.map(({ name, dataTypeID, format }) => [name, dataTypeID, format]),
      );
    }
  });

  it('pipelines: many queries on their way at once, errors only where they belong', async () => {
    const client = await connect('production', { pipeline: true });
    const answers = await Promise.allSettled(
      Array.from({ length: 200 }, (_, n) => {
        if (n % 50 === 20) return client.query('select upper(ssn) from customers where id = $1', [n]);
        if (n % 50 === 30) return client.query('select 1 / ($1::int - $1::int)', [n]);
        return client.query({
          name: `q${n % 3}`,
          text: `select $1::int as n, ssn from customers where id = ${1 + (n % 3)}`,
          values: [n],
        });
      }),
    );
    answers.forEach((answer, n) => {
      if (n % 50 === 20) expect(answer).toMatchObject({ status: 'rejected', reason: { code: '42501' } });
      else if (n % 50 === 30) expect(answer).toMatchObject({ status: 'rejected', reason: { code: '22012' } });
      else
        expect(answer).toMatchObject({ value: { rows: [{ n, ssn: expect.stringMatching(/^•{6}\d{4}$/) }] } });
    });
  });

  it('keeps transactions and what a refusal does to them', async () => {
    const client = await connect('support');
    await client.query('begin');
    await client.query("update customers set note = 'seen' where id = $1", [5]);
    await expect(client.query('select upper(ssn) from customers')).rejects.toMatchObject({
      code: '42501',
      severity: 'ERROR',
    });
    // The target never saw the refused statement; like it, the gateway lets nothing pass before the transaction's end.
    await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    const { command } = await client.query('commit');
    expect(command).toBe('ROLLBACK');
    const { rows } = await client.query('select note from customers where id = 5');
    expect(rows).not.toEqual([{ note: 'seen' }]);
  });

  it('masks what writes give back', async () => {
    const client = await connect('support');
    await client.query('begin');
    const inserted = await client.query(
      'insert into customers (full_name, email, phone, ssn, country) values ($1, $2, $3, $4, $5) returning *',
      ['Nobody', 'nobody@hidden.example', '+999 1', '900-10-0001', 'GB'],
    );
    expect(inserted.rows).toMatchObject([
      { full_name: 'Nobody', email: '••••••@hidden.example', phone: '••••••', ssn: '••••••0001' },
    ]);
    const updated = await client.query(
      "update customers set ssn = '900-10-0002' where full_name = 'Nobody' returning ssn",
    );
    expect(updated.rows).toEqual([{ ssn: '••••••0002' }]);
    const gone = await client.query(
      "delete from customers where full_name = 'Nobody' returning ssn, id > 0 as yes",
    );
    expect(gone.rows).toEqual([{ ssn: '••••••0002', yes: true }]);
    await client.query('rollback');
  });

  it('serves many connections at once', async () => {
    const { host, port, user, secret, database } = world.places[server].production;
    const pool = new pg.Pool({ host, port, user, password: secret, database, max: 20 });
    try {
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          pool.query<{ n: number; ssn: string }>('select $1::int as n, ssn from customers where id = $2', [
            n,
            1 + (n % 200),
          ]),
        ),
      );
      expect(answers.map(({ rows }) => rows[0]?.n)).toEqual(Array.from({ length: 200 }, (_, n) => n));
      expect(answers.every(({ rows }) => rows[0]?.ssn.startsWith('••••••'))).toBe(true);
      expect(pool.totalCount).toBe(20);
    } finally {
      await pool.end();
    }
  });

  it('delivers what other sessions notify', async () => {
    const [listener, speaker] = [await connect('staging'), await connect('staging')];
    const heard = new Promise<pg.Notification>((resolve) => listener.on('notification', resolve));
    await listener.query('listen "Orders é"');
    await speaker.query(`select pg_notify('Orders é', 'number 7')`);
    expect(await heard).toMatchObject({ channel: 'Orders é', payload: 'number 7' });
  });

  it('says who it serves, and hides the account of the target where it can', async () => {
    const client = await connect('production', { application_name: `named-${server}` });
    const { rows } = await client.query(
      "select current_setting('application_name') as name, current_setting('server_version_num')::int >= 150000 as new",
    );
    expect(rows).toEqual([{ name: `named-${server}`, new: true }]);
  });
});
