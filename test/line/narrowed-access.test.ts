import type { AccessScope } from '@drawbridge/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SignedIn } from '../support/signed-in.ts';
import { HOST, OPENSSH, type SshWorld, startSshWorld } from '../support/ssh-world.ts';

let world: SshWorld;
let alice: SignedIn;
beforeAll(async () => {
  world = await startSshWorld();
  alice = world.alice;
  await giveBack();
});
afterEach(async () => {
  await alice.leave();
  await giveBack();
});
afterAll(() => world?.stop());

async function giveBack(): Promise<void> {
  const { grants } = await alice.api.call('listGrants', { query: {} });
  for (const { id, state } of grants)
    if (state === 'active' || state === 'approved')
      await alice.api.call('revokeGrant', { params: { id }, body: {} });
}

const ask = (resource: string, profile: string, scope: AccessScope) =>
  alice.api.call('createRequest', {
    body: { resource, profile, scope, duration: 600, reason: 'a narrow look' },
  });

describe('access narrowed to tables', () => {
  it('reaches them, what computes and the catalogs, and refuses the rest in words, on a connection that lives on', async () => {
    await ask('orders-staging', 'write', { tables: ['public.products'] });
    const client = await alice.connect(await alice.tunnel('orders-staging'));
    const { rows } = await client.query('select count(*)::int as n from products');
    expect(rows[0].n).toBeGreaterThan(0);
    await client.query('begin');
    expect(await client.query('update products set name = name where id = 1')).toMatchObject({ rowCount: 1 });
    await client.query('rollback');
    await client.query("set statement_timeout = '5s'");
    await client.query("select c.relname from pg_catalog.pg_class c where c.relkind = 'r'");
    const refused = {
      code: '42501',
      message: expect.stringMatching(/narrowed to public\.products, which leaves out/),
    };
    for (const statement of [
      'select 1 from public.customers',
      'select 1 from products join orders on true',
      'with gone as (delete from public.orders returning id) select count(*) from products, gone',
      "select most_common_vals from pg_stats where tablename = 'customers'",
    ])
      await expect(client.query(statement), statement).rejects.toMatchObject(refused);
    expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
  });
});

describe('access narrowed to commands', () => {
  it('runs them and nothing else', async () => {
    await ask(OPENSSH, 'shell', { commands: ['echo', 'true'] });
    expect((await world.ssh(HOST, 'true && echo narrow 2>/dev/null')).stdout.toString()).toBe('narrow\n');
    for (const command of [
      'cat /etc/hostname',
      'echo $(id)',
      '/bin/echo x',
      'echo x > /tmp/narrow',
      'sh -c "echo x"',
    ]) {
      const { status, stderr, stdout } = await world.ssh(HOST, command);
      expect({ status: status === 0, stdout: stdout.toString() }, command).toEqual({
        status: false,
        stdout: '',
      });
      expect(stderr, command).toContain('narrowed to echo, true, which leaves out');
    }
    const shell = await world.run('ssh', ['-F', world.config, '-tt', HOST], { input: 'echo inside\n' });
    expect(shell.status).not.toBe(0);
    expect(shell.stdout.toString()).not.toContain('inside\r\ninside');
  });
});

it('is refused where it could narrow nothing', async () => {
  await expect(ask('orders-staging', 'read', { commands: ['echo'] })).rejects.toMatchObject({
    code: 'invalid_request',
    details: { issues: [{ path: 'scope.commands' }] },
  });
});
