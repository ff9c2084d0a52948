import { CommandReview } from '@drawbridge/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Cli, type RunningCommand } from '../support/cli.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';

/** What the demo's policy holds: each change of production. */
const RESOURCE = 'orders-db';

let world: TestDemo;
let alice: Cli;
let bob: Cli;
let carol: Cli;

beforeAll(async () => {
  world = await startTestDemo();
  const at = (name: string) => Cli.signedIn(world.demo.url, name);
  [alice, bob, carol] = await Promise.all([at('alice'), at('bob'), at('carol')]);
  const ask = ['request', RESOURCE, '-p', 'write', '--for', '30m', '-r', 'INC-7', '--json'];
  const { stdout } = await alice.run(ask);
  const { id } = z.object({ id: z.string() }).parse(JSON.parse(stdout));
  expect(await bob.run(['approve', id])).toMatchObject({ status: 0 });
});
afterAll(async () => {
  await Promise.all([alice, bob, carol].map((cli) => cli?.remove()));
  await world?.stop();
});

/** Alice's psql with one statement. */
const psql = (sql: string) =>
  alice.open(['connect', RESOURCE, '--profile', 'write', '--', 'psql', '-XAt', '-c', sql]);

/** What it is held as, once it is. */
async function held(running: RunningCommand): Promise<string> {
  const id = /held for approval of dba \((cmd_[0-9a-f-]+)\)/;
  await expect.poll(() => running.stderr, { timeout: 20_000 }).toMatch(id);
  return id.exec(running.stderr)?.[1] ?? '';
}
const read = async (cli: Cli, id: string) => {
  const { stdout } = await cli.run(['reviews', 'show', id, '--json']);
  return CommandReview.parse(JSON.parse(stdout));
};

describe('a held statement, by the command line', () => {
  it('is found, looked at, approved, and runs', async () => {
    const sql = 'update orders set status = status where id = 17';
    const running = psql(sql);
    const id = await held(running);
    const listed = await bob.run(['reviews']);
    expect(listed.stdout).toContain(`cmd_${id.slice(-8)}`);
    expect(listed.stdout).toContain(sql);
    const shown = (await bob.run(['reviews', 'show', id.slice(-8)])).stdout;
    expect(shown).toMatch(/sql\.write public\.orders/);
    expect(shown).toContain(sql);
    expect(shown).toContain('an approval from dba');
    expect(await alice.run(['approve', id])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('self_review'),
    });
    expect(await bob.run(['approve', id.slice(-8)])).toMatchObject({ status: 0 });
    expect(await running.ended).toMatchObject({ status: 0, stdout: 'UPDATE 1\n' });
    expect(await read(alice, id)).toMatchObject({
      state: 'approved',
      votes: [{ reviewer: { name: 'bob' } }],
    });
  });

  it('fails with the reviewer’s reason when it is denied', async () => {
    const running = psql('delete from orders');
    const id = await held(running);
    expect((await bob.run(['reviews', 'show', id])).stdout).toContain('every row');
    expect(await bob.run(['deny', id, '--reason', 'not all of them'])).toMatchObject({ status: 0 });
    expect(await running.ended).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/denied by Bob .*: not all of them/),
    });
  });

  it('fails when its sender withdraws it', async () => {
    const running = psql('update orders set status = status where id = 18');
    const id = await held(running);
    expect(await bob.run(['withdraw', id])).toMatchObject({ status: 1 });
    expect(await alice.run(['withdraw', id])).toMatchObject({ status: 0 });
    expect(await running.ended).toMatchObject({ status: 1, stdout: '' });
  });

  it('goes ahead with broken glass, which those to be told see as it happens', async () => {
    const watching = carol.open(['reviews', '--watch']);
    const running = psql('update orders set status = status where id = 19');
    const id = await held(running);
    expect(await alice.run(['break-glass', id, '--reason', 'orders stand still'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('security is told'),
    });
    expect(await running.ended).toMatchObject({ status: 0, stdout: 'UPDATE 1\n' });
    await expect.poll(() => watching.stdout, { timeout: 20_000 }).toContain('orders stand still');
    watching.kill('SIGINT');
    expect(await watching.ended).toMatchObject({ status: 0 });
    expect(await read(carol, id)).toMatchObject({ brokenGlass: { told: ['security'] } });
  });
});
