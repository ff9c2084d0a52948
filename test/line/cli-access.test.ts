import { readFile, stat } from 'node:fs/promises';
import { AccessRequest, api, Grant, Me, Resource, Session } from '@drawbridge/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Cli, type RunningCommand } from '../support/cli.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';

let world: TestDemo;
let alice: Cli;
let bob: Cli;
let carol: Cli;

beforeAll(async () => {
  world = await startTestDemo();
  const at = (name: string) => Cli.signedIn(world.demo.url, name);
  [alice, bob, carol] = await Promise.all([at('alice'), at('bob'), at('carol')]);
});
afterAll(async () => {
  await Promise.all([alice, bob, carol].map((cli) => cli?.remove()));
  await world?.stop();
});

/** The whole of what a command prints, as the contract says it. */
async function json<S extends z.ZodType>(cli: Cli, schema: S, args: readonly string[]): Promise<z.output<S>> {
  const { status, stdout, stderr } = await cli.run([...args, '--json']);
  expect({ status, stderr: stderr.replace(/^○.*\n.*\n/, '') }).toEqual({ status: 0, stderr: '' });
  return schema.parse(JSON.parse(stdout));
}
/** The error that a command with `--json` ends with; nothing is on its standard output. */
async function refused(cli: Cli, args: readonly string[]): Promise<{ status: number | null; code: string }> {
  const [command = '', ...rest] = args;
  const { status, stdout, stderr } = await cli.run([command, '--json', ...rest]);
  expect(stdout).toBe('');
  return {
    status,
    code: z.object({ error: z.looseObject({ code: z.string() }) }).parse(JSON.parse(stderr)).error.code,
  };
}
const ask = (resource: string, profile = 'read') => [
  'request',
  resource,
  '--profile',
  profile,
  '--for',
  '30m',
  '--reason',
  'a script asks',
];
const psql = (...args: string[]) => ['--', 'psql', '-XAtq', ...args];
const says = (command: RunningCommand, words: string, where: 'stdout' | 'stderr') =>
  expect.poll(() => command[where], { timeout: 20_000 }).toContain(words);
const giveBack = (resource: string) => alice.run(['revoke', resource]);

describe('exit statuses', () => {
  it('are 2 for wrong usage, whoever calls, and nothing is done', async () => {
    const wrong: string[][] = [
      ['no-such-command'],
      ['request', 'orders-db'],
      ['request', 'orders-db', '--profile', 'read', '--for', 'long', '--reason', 'x'],
      ['connect'],
      ['connect', 'orders-db', '--port', '70000'],
      ['deny', 'req_1'],
      ['resources', '--no-such-option'],
      ['completion', 'tcsh'],
    ];
    const outcomes = await Promise.all(wrong.map((args) => alice.run(args)));
    expect(outcomes.map(({ status, stdout }) => ({ status, stdout }))).toEqual(
      wrong.map(() => ({ status: 2, stdout: '' })),
    );
    for (const { stderr } of outcomes) expect(stderr).toMatch(/^drawbridge: usage: /);
  });

  it('are 4 where nobody is signed in, and 3 where access is needed', async () => {
    const nobody = await Cli.create();
    try {
      expect(await refused(nobody, ['whoami'])).toEqual({ status: 4, code: 'sign_in_required' });
      expect(await refused(nobody, ['resources', '--gateway', world.demo.url])).toEqual({
        status: 4,
        code: 'sign_in_required',
      });
      expect(await refused(nobody, ['whoami', '--gateway', 'ftp://x'])).toEqual({
        status: 2,
        code: 'invalid_gateway_url',
      });
    } finally {
      await nobody.remove();
    }
    expect(await refused(alice, ['connect', 'orders-db', '--', 'true'])).toEqual({
      status: 3,
      code: 'access_needed',
    });
    expect(await refused(alice, ['approve', 'req_01900000-0000-7000-8000-000000000000'])).toEqual({
      status: 1,
      code: 'not_found',
    });
  });

  it('are 0 for help and version', async () => {
    for (const args of [['--help'], ['--version'], ['help', 'connect'], ['connect', '--help'], []])
      expect((await alice.run(args)).status).toBe(0);
  });
});

describe('a script', () => {
  it('goes all the way by JSON alone', async () => {
    expect((await json(alice, Me, ['whoami'])).user.groups).toEqual(['engineering']);
    const { resources } = await json(alice, z.object({ resources: z.array(Resource) }), ['resources']);
    expect(resources.map(({ name }) => name)).toEqual(['build-box', 'orders-db', 'orders-staging']);
    await json(alice, Resource, ['resources', 'orders-db']);
    const request = await json(alice, AccessRequest, ask('orders-db'));
    expect(request.state).toBe('pending');
    expect(await refused(alice, ask('orders-db'))).toEqual({ status: 1, code: 'already_pending' });
    expect(await refused(alice, ['connect', 'orders-db', '--', 'true'])).toEqual({
      status: 3,
      code: 'access_needed',
    });
    expect(await refused(alice, ['approve', request.id])).toEqual({ status: 1, code: 'self_review' });
    const waiting = await json(bob, api.listRequests.response, ['requests']);
    expect(waiting.requests).toMatchObject([{ id: request.id, reviewable: true }]);
    const approved = await json(bob, AccessRequest, ['approve', request.id, '--for', '15m']);
    expect(approved).toMatchObject({ state: 'approved', reviews: [{ duration: 900 }] });
    const { grants } = await json(alice, z.object({ grants: z.array(Grant) }), ['grants']);
    expect(grants).toMatchObject([{ id: approved.grantId, duration: 900, state: 'approved' }]);

    const masked = await alice.run([
      'connect',
      'orders-db',
      ...psql('-c', 'select email, ssn from customers order by id limit 1'),
    ]);
    expect(masked).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^•+@[\w.]+\|•+\d{4}\n$/),
    });
    const { sessions } = await json(carol, z.object({ sessions: z.array(Session) }), [
      'sessions',
      '--resource',
      'orders-db',
    ]);
    expect(sessions).toMatchObject([
      { state: 'closed', endCode: 'client_closed', rows: 1, recording: 'sealed' },
    ]);
    const verified = await json(carol, z.looseObject({ ok: z.literal(true), events: z.int() }), [
      'verify',
      sessions[0]?.id ?? '',
    ]);
    expect(verified.events).toBeGreaterThan(3);
    const replay = await carol.run(['replay', sessions[0]?.id ?? '', '--json']);
    expect(replay.status).toBe(0);
    for (const line of replay.stdout.trim().split('\n')) expect(JSON.parse(line)).toBeTypeOf('object');
    const { events } = await json(carol, api.listAudit.response, [
      ...['audit', '--resource', 'orders-db', '--who', 'bob', '--since', '1h', '--all'],
    ]);
    expect(events.map(({ action }) => action)).toContain('request.approved');
    const { uses } = await json(carol, api.listUses.response, [
      ...['audit', 'uses', '--table', 'customers', '--since', '1h'],
    ]);
    expect(uses).toMatchObject([
      {
        ...{
          session: sessions[0]?.id,
          resource: 'orders-db',
          object: 'public.customers',
          action: 'sql.read',
        },
        ...{ principal: { name: 'alice' }, approvedBy: [{ name: 'bob' }], count: 1 },
      },
    ]);
    const revoked = await json(bob, Grant, ['revoke', approved.grantId ?? '', '--reason', 'enough']);
    expect(revoked).toMatchObject({ state: 'revoked', endReason: 'enough' });
    expect(await refused(alice, ['connect', 'orders-db', '--', 'true'])).toEqual({
      status: 3,
      code: 'access_needed',
    });
  });

  it('waits for a decision, and its exit status says which', async () => {
    const waiting = alice.open([...ask('orders-db'), '--wait', '--json']);
    await says(waiting, 'waits for', 'stderr');
    const { requests } = await json(bob, api.listRequests.response, ['requests']);
    await bob.run(['approve', requests[0]?.id ?? '']);
    const outcome = await waiting.ended;
    expect(outcome.status).toBe(0);
    expect(AccessRequest.parse(JSON.parse(outcome.stdout)).state).toBe('approved');
    await giveBack('orders-db');

    const denied = alice.open([...ask('orders-db'), '--wait']);
    await says(denied, 'waits for', 'stderr');
    await bob.run([
      'deny',
      (await json(bob, api.listRequests.response, ['requests'])).requests[0]?.id ?? '',
      '--reason',
      'use staging',
    ]);
    expect(await denied.ended).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/request_not_approved.*use staging/s),
    });
  });

  it('that is stopped while it waits leaves its request, and finds it again', async () => {
    const waiting = alice.open([...ask('orders-db'), '--wait']);
    await says(waiting, 'waits for', 'stderr');
    waiting.kill('SIGINT');
    expect(await waiting.ended).toMatchObject({ status: 130, signal: null });
    const again = alice.open([...ask('orders-db'), '--wait']);
    await says(again, 'You have asked already', 'stderr');
    again.kill('SIGTERM');
    expect((await again.ended).status).toBe(130);
    const { requests } = await json(alice, api.listRequests.response, ['requests']);
    expect(requests).toHaveLength(1);
    await json(alice, AccessRequest, ['cancel', requests[0]?.id ?? '']);
  });
});

describe('what the CLI keeps', () => {
  it('is nobody else’s to read, and is not used once it was', async () => {
    const cli = await Cli.signedIn(world.demo.url, 'dan');
    try {
      const { stdout } = await cli.start('find', [cli.home, '-type', 'f']).ended;
      const files = stdout.trim().split('\n');
      expect(files).toHaveLength(2);
      for (const file of files) expect((await stat(file)).mode & 0o777).toBe(0o600);
      const tokens = files.find((file) => file.includes('sign-ins')) ?? '';
      expect(await readFile(tokens, 'utf8')).toContain('accessToken');
      await cli.start('chmod', ['0644', tokens]).ended;
      expect(await refused(cli, ['whoami'])).toEqual({ status: 4, code: 'state_unsafe' });
      await cli.start('chmod', ['0600', tokens]).ended;
      expect((await cli.run(['whoami'])).status).toBe(0);
      expect((await cli.run(['logout'])).status).toBe(0);
      expect(await refused(cli, ['whoami'])).toEqual({ status: 4, code: 'sign_in_required' });
    } finally {
      await cli.remove();
    }
  });
});
