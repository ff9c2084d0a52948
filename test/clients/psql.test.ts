import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientWorld, SERVERS, startClientWorld } from '../support/client-world.ts';

let world: ClientWorld;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-psql-'));
  world = await startClientWorld();
});

afterAll(async () => {
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(SERVERS)('psql on the %s server', (server) => {
  const place = () => world.places[server];
  /** On production, where data rules are. */
  const production = (script: string, ...flags: string[]) =>
    world.clients.psql(place().production, script, { flags });
  const staging = (script: string, ...flags: string[]) =>
    world.clients.psql(place().staging, script, { flags });
  const waiting = async (text: string) => {
    const client = new pg.Client(place().targetUrl('production'));
    await client.connect();
    try {
      const sql =
        "select count(*)::int as n from pg_stat_activity where state = 'active' and query like $1 and pid <> pg_backend_pid()";
      return (await client.query<{ n: number }>(sql, [`%${text}%`])).rows[0]?.n;
    } finally {
      await client.end();
    }
  };

  it.each([
    ['\\d', 'customers'],
    ['\\d customers', 'customers_country_idx'],
    ['\\d+ customers', 'For customers who buy on account'],
    ['\\d+ orders', 'Partition key: RANGE (placed_at)'],
    ['\\d+ reporting.customer_directory', 'max(o.placed_at)'],
    ['\\df', 'net_price'],
    ['\\df+ net_price', 'A price without value added tax'],
    ['\\dt+ public.*', 'payments'],
    ['\\di', 'customers_name_idx'],
    ['\\ds', 'customers_id_seq'],
    ['\\dv reporting.*', 'daily_revenue'],
    ['\\dn+', 'What analysts look at'],
    ['\\dT+', 'order_status'],
    ['\\dp customers', 'shop_owner'],
    ['\\du', 'Superuser'],
    ['\\sf net_price', 'CREATE OR REPLACE FUNCTION public.net_price'],
    ['\\sv reporting.daily_revenue', 'CREATE OR REPLACE VIEW'],
    ['\\dy', 'List of event triggers'],
    ['\\dx', 'plpgsql'],
    ['\\conninfo', 'You are connected to database'],
  ])('answers %s', async (command, answer) => {
    const { stdout, stderr } = await production(command);
    expect(stderr).toBe('');
    expect(stdout).toContain(answer);
  });

  it('shows masked values as such, and types, variables and formats as ever', async () => {
    const { stdout, stderr } = await production(`
      select id, ssn, phone from customers where id = 1;
      select id, ssn as other, id + 1 as next from customers \\gdesc
      select count(*) as n from products \\gset
      \\echo counted :n
      \\x on
      select ssn from customers where id = 1;
    `);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/1 \| ••••••\d{4} \| ••••••/);
    expect(stdout).toMatch(/other +\| text/);
    expect(stdout).toMatch(/counted \d+/);
    expect(stdout).toMatch(/RECORD 1 \]-*\nssn \| ••••••\d{4}/);
  });

  it('runs several statements at once and what follows an error', async () => {
    const { stdout, stderr } = await production(
      'select 1 \\; select 2 \\; select ssn from customers where id = 1;\nselect nothing;\nselect 3;',
      '-At',
    );
    expect(stdout).toMatch(/^1\n2\n••••••\d{4}\n3\n$/);
    expect(stderr).toContain('column "nothing" does not exist');
  });

  it("marks the place of an error, the target's and our own", async () => {
    const { stderr } = await production(
      'select id,\n  nothing from customers;\nselect id,\n  upper(ssn) from customers;',
    );
    expect(stderr).toContain('LINE 2:   nothing from customers;\n          ^');
    expect(stderr).toContain(
      'ERROR:  drawbridge: column public.customers.ssn is masked by rule customer-pii',
    );
    expect(stderr).toContain('LINE 2:   upper(ssn) from customers;\n                ^');
  });

  it('keeps transactions, savepoints and cursors', async () => {
    const { stdout, stderr } = await staging(
      `create table scratch.steps (n int primary key);
       begin; insert into scratch.steps values (1); savepoint a; insert into scratch.steps values (1);
       rollback to a; insert into scratch.steps values (2); commit;
       begin; insert into scratch.steps values (3); rollback;
       select n from scratch.steps order by n;
       begin; declare c cursor for select generate_series(10, 20); fetch 2 from c; move 3 in c; fetch next from c; commit;
       prepare p as select n * $1 from scratch.steps order by n; execute p(100); deallocate p;
       drop table scratch.steps;`,
      '-At',
    );
    expect(stdout.split('\n').filter(Boolean)).toEqual(['1', '2', '10', '11', '15', '100', '200']);
    expect(stderr).toMatch(
      /^ERROR: {2}duplicate key value violates unique constraint "steps_pkey"\nDETAIL: {2}Key \(n\)=\(1\) already exists\.\n$/,
    );
  });

  it('passes notices, warnings and notifications on', async () => {
    const { stdout, stderr } = await staging(
      `do $$ begin raise notice 'careful %', 7; raise warning 'hot'; end $$; listen news; notify news, 'arrived'; select 1;`,
    );
    expect(stderr).toContain('NOTICE:  careful 7');
    expect(stderr).toContain('WARNING:  hot');
    expect(stdout).toContain('Asynchronous notification "news" with payload "arrived" received');
  });

  it('copies out of and into files', async () => {
    const [tsv, csv, binary] = ['in.tsv', 'out.csv', 'out.bin'].map((name) =>
      join(folder, `${server}-${name}`),
    ) as [string, string, string];
    const rows = Array.from({ length: 20_000 }, (_, n) => `${n}\tname ${n} é\\t\\\\\t\\N\n`).join('');
    await writeFile(tsv, rows);
    const { stdout, stderr } = await staging(
      `create table scratch.copied (id int primary key, name text, nothing text);
       \\copy scratch.copied from '${tsv}'
       select count(*), max(length(name)) from scratch.copied where nothing is null;
       \\copy (select * from scratch.copied order by id) to '${tsv}.back'
       \\copy (select id, name from scratch.copied order by id limit 2) to '${csv}' with (format csv, header)
       \\copy scratch.copied to '${binary}' with (format binary)
       truncate scratch.copied;
       \\copy scratch.copied from '${binary}' with (format binary)
       select count(*) from scratch.copied;
       \\copy scratch.copied from '${csv}'
       select 'goes on';
       drop table scratch.copied;`,
      '-At',
    );
    expect(stdout.split('\n').filter(Boolean)).toEqual(['20000|14', '20000', 'goes on']);
    expect(await readFile(`${tsv}.back`, 'utf8')).toBe(rows);
    expect(await readFile(csv, 'utf8')).toBe('id,name\n0,name 0 é\t\\\n1,name 1 é\t\\\n');
    expect(stderr).toMatch(/invalid input syntax for type integer/);
  });

  it('refuses to copy masked columns out, and copies the others', async () => {
    const file = join(folder, `${server}-customers.tsv`);
    const refused = await production(
      `\\copy customers to '${file}'\n\\copy (select id, ssn from customers) to '${file}'`,
    );
    expect(
      refused.stderr.match(/drawbridge: column public\.customers\.\w+ is masked by rule customer-pii/g),
    ).toHaveLength(2);
    const { stderr } = await production(`\\copy customers (id, full_name) to '${file}'`);
    expect(stderr).toBe('');
    expect(await readFile(file, 'utf8')).toMatch(/^1\tChinwe Danjuma\n/);
  });

  it('repeats with \\watch until Ctrl-C', async () => {
    const psql = world.clients.start(place().production, 'psql', ['-X', '-At'], {
      input: "select 'again', ssn from customers where id = 1 \\watch 0.1\n",
    });
    await psql.says('again|••••••', 3);
    psql.signal('SIGINT');
    expect((await psql.ended).stderr).not.toContain('drawbridge');
  });

  it('cancels what runs on Ctrl-C', async () => {
    const mark = `cancel-${server}`;
    const psql = world.clients.start(place().production, 'psql', [
      '-X',
      '-c',
      `select pg_sleep(60) /* ${mark} */`,
    ]);
    await expect.poll(() => waiting(mark), { timeout: 10_000 }).toBe(1);
    const pressed = performance.now();
    psql.signal('SIGINT');
    const { status, stderr } = await psql.ended;
    expect(performance.now() - pressed).toBeLessThan(2_000);
    expect(stderr).toContain('ERROR:  canceling statement due to user request');
    expect(status).not.toBe(0);
    await expect.poll(() => waiting(mark)).toBe(0);
  });
});
