import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { DrawbridgeError } from '@drawbridge/contract';
import { describe, expect, test, vi } from 'vitest';
import { useCli } from '../../test-support/cli-harness.ts';
import { accessRequest, grant, me, person, resource } from '../../test-support/objects.ts';
import { signInTo } from '../../test-support/temporary-home.ts';

const it = useCli();

describe('exit status and errors', () => {
  test('2 for wrong usage, with what is wrong', async () => {
    expect(await it.cli('reqest')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^drawbridge: usage: unknown command 'reqest'/),
    });
    expect(
      await it.cli('request', 'orders-db', '--profile', 'read', '--for', 'soon', '--reason', 'x'),
    ).toMatchObject({ status: 2, stderr: expect.stringContaining('30m, 1h') });
  });

  test('4 when nobody is signed in, also as JSON', async () => {
    expect(await it.cli('resources')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('drawbridge login'),
    });
    const { status, stdout, stderr } = await it.cli('resources', '--json', '--gateway', it.gateway.url);
    expect([status, stdout]).toEqual([4, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'sign_in_required', hint: `drawbridge login --gateway ${it.gateway.url}` },
    });
  });

  test('1 for what the gateway refuses, with hint and policies, control characters shown', async () => {
    await signInTo(it.home, it.gateway, 'alice');
    it.gateway.handlers.createRequest = () => {
      throw new DrawbridgeError('policy_denied', 'no \u001b[2J writes', {
        hint: 'Ask for read.',
        policies: ['no-writes'],
      });
    };
    const { status, stderr } = await it.cli(
      'request',
      'orders-db',
      '--profile',
      'write',
      '--for',
      '30m',
      '--reason',
      'x',
    );
    expect(status).toBe(1);
    expect(stderr).toBe(
      'drawbridge: policy_denied: no \\e[2J writes\n  decided by no-writes\n  → Ask for read.\n',
    );
  });

  test('4 when tokens lie open, 1 when the gateway is away', async () => {
    await signInTo(it.home, it.gateway, 'alice');
    await it.gateway.close();
    expect(await it.cli('resources')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('gateway_unreachable'),
    });
    await it.restartGateway();
    await signInTo(it.home, it.gateway, 'alice');
    await chmod(join(it.home.path, 'settings.json'), 0o644);
    expect(await it.cli('resources')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('state_unsafe'),
    });
  });

  test('help and version are no errors', async () => {
    expect(await it.cli('--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('drawbridge connect orders-db -- psql'),
      stderr: '',
    });
    expect(await it.cli('--version')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

test('login signs in, remembers the gateway and greets; logout forgets', async () => {
  it.gateway.handlers.me = () => me('alice', ['engineering']);
  it.gateway.handlers.signOut = () => ({ sessionsEnded: 2 });
  const login = it.start('login', '--gateway', it.gateway.url);
  await vi.waitFor(() => expect(login.stderr()).toMatch(/http:\S+\/oidc\/auth\S+/), { timeout: 10_000 });
  await it.gateway.browse(/http:\S+\/oidc\/auth\S+/.exec(login.stderr())?.[0] ?? '');
  const done = await login.done;
  expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining('Alice Moreau (alice)') });
  expect(await it.home.store.currentGateway()).toBe(it.gateway.url);
  expect(await it.cli('whoami')).toMatchObject({ status: 0, stdout: expect.stringContaining('engineering') });
  expect(await it.cli('logout', '--everywhere')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('2 live sessions ended'),
  });
  expect(it.gateway.calls.at(-1)?.body).toEqual({ everywhere: true });
  expect(await it.home.store.read(it.gateway.url)).toBeUndefined();
});

test('lists are for people, or JSON alone', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  it.gateway.handlers.listResources = () => ({ resources: [resource()] });
  const { stdout } = await it.cli('resources');
  expect(stdout).toContain('RESOURCE   PROFILE  ACCESS');
  expect(stdout).toContain('orders-db  read     ○ needs an approval from dba, up to 1h  env=prod');
  expect(stdout).toContain('Next: drawbridge request orders-db --profile read --for 30m');
  const json = await it.cli('resources', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ resources: [{ name: 'orders-db' }] });
  it.gateway.handlers.listRequests = () => ({ requests: [] });
  expect((await it.cli('requests')).stdout).toBe('No requests wait for you.\n');
});

test('request --wait follows the event stream until somebody decides', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  const asked = accessRequest();
  const streams = it.eventStreams();
  it.gateway.handlers.createRequest = () => asked;
  it.gateway.handlers.getRequest = () => asked;
  const waiting = it.start(
    'request',
    'orders-db',
    '--profile',
    'read',
    '--for',
    '30m',
    '--reason',
    'INC-4821',
    '--wait',
    '--json',
  );
  await vi.waitFor(() => expect(streams.count()).toBe(1), { timeout: 10_000 });
  await vi.waitFor(() => expect(it.gateway.calls.at(-1)?.operation).toBe('getRequest'));
  streams.send({ type: 'request', request: { ...asked, state: 'approved' } });
  const { status, stdout, stderr } = await waiting.done;
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ id: asked.id, state: 'approved' });
  expect(stderr).toContain('waits for an approval from dba');
  expect(it.gateway.calls.find(({ operation }) => operation === 'createRequest')?.body).toEqual({
    resource: 'orders-db',
    profile: 'read',
    duration: 1800,
    reason: 'INC-4821',
  });
  expect(it.gateway.calls.filter(({ operation }) => operation === 'getRequest')).toHaveLength(1);
});

test('a denied request ends the wait with 3 and the reason; Ctrl-C leaves it open', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  const asked = accessRequest();
  const streams = it.eventStreams();
  it.gateway.handlers.createRequest = () => asked;
  it.gateway.handlers.getRequest = () => asked;
  const args = ['request', 'orders-db', '--profile', 'read', '--for', '30m', '--reason', 'x', '--wait'];
  const denied = it.start(...args);
  await vi.waitFor(() => expect(streams.count()).toBe(1), { timeout: 10_000 });
  streams.send({
    type: 'request',
    request: accessRequest({
      ...asked,
      state: 'denied',
      reviews: [
        {
          id: 'rev_01900000-0000-7000-8000-000000000001' as never,
          requestId: asked.id,
          reviewer: person('bob'),
          verdict: 'deny',
          reason: 'use staging',
          createdAt: asked.createdAt,
        },
      ],
    }),
  });
  expect(await denied.done).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('denied by Bob Okafor: use staging'),
  });

  const stopped = it.start(...args);
  await vi.waitFor(() => expect(streams.count()).toBe(1), { timeout: 10_000 });
  stopped.child.kill('SIGINT');
  expect(await stopped.done).toMatchObject({ status: 130, stderr: expect.stringContaining('stays open') });
  expect(it.gateway.calls.some(({ operation }) => operation === 'cancelRequest')).toBe(false);
});

test('approve, deny and revoke take shortened ids', async () => {
  await signInTo(it.home, it.gateway, 'bob');
  const asked = accessRequest({ reviewable: true });
  const given = grant();
  it.gateway.handlers.listRequests = () => ({ requests: [accessRequest(), asked] });
  it.gateway.handlers.listCommandReviews = () => ({ reviews: [] });
  it.gateway.handlers.createReview = () => ({ ...asked, state: 'approved', grantId: given.id });
  it.gateway.handlers.listGrants = () => ({ grants: [given] });
  it.gateway.handlers.revokeGrant = () => ({ ...given, state: 'revoked' });
  const short = asked.id.slice(-6);
  expect(await it.cli('approve', short, '--for', '15m')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Alice Moreau may use orders-db (read) for 15m'),
  });
  expect(it.gateway.calls.at(-1)).toMatchObject({
    params: { id: asked.id },
    body: { verdict: 'approve', duration: 900 },
  });
  expect(await it.cli('revoke', `grt_${given.id.slice(-8)}`, '--reason', 'done')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('is revoked'),
  });
  expect(it.gateway.calls.at(-1)?.body).toEqual({ reason: 'done' });
  expect(await it.cli('approve', 'ffffffff')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('not_found'),
  });
});

test('apply resolves secrets here, shows what changes, and says where a mistake is', async () => {
  await signInTo(it.home, it.gateway, 'erin');
  it.gateway.handlers.apply = () => ({
    applied: true,
    changes: [
      { kind: 'Resource', name: 'orders-db', action: 'created', changes: [] },
      {
        kind: 'DataRule',
        name: 'pii',
        action: 'updated',
        changes: [{ path: 'columns.0.mask', before: 'full', after: 'email' }],
      },
    ],
  });
  const yaml = `kind: Resource
name: orders-db
protocol: postgres
target: { host: h, database: d }
profiles:
  read: { credential: { username: u, password: { env: PW } }, allow: [sql.read] }
`;
  const { status, stdout } = await it.run(['apply', '-f', '-'], {
    env: { PW: 's3cret' },
    input: yaml,
  });
  expect([status, stdout]).toEqual([
    0,
    '+ Resource orders-db created\n~ DataRule pii updated\n    columns.0.mask: full → email\n\n2 documents changed.\n',
  ]);
  expect(it.gateway.calls.at(-1)?.body).toMatchObject({
    dryRun: false,
    documents: [{ profiles: { read: { credential: { password: { value: 's3cret' } } } } }],
  });

  const wrong = await it.run(['apply', '-f', '-', '--dry-run'], {
    input: yaml.replace('sql.read', 'sql.raed'),
  });
  expect(wrong).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('stdin:6: profiles.read.allow.0'),
  });
});

test('completion offers commands, options and names, and scripts for the shells', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  it.gateway.handlers.listResources = () => ({ resources: [resource()] });
  expect((await it.cli('__complete', 'conn')).stdout).toMatch(/^connect\t/);
  expect((await it.cli('__complete', 'connect', 'or')).stdout).toBe('orders-db\tProduction orders\n');
  expect((await it.cli('__complete', 'connect', '--po')).stdout).toBe(
    '--port\tlocal port (default: any free one)\n',
  );
  for (const shell of ['bash', 'zsh', 'fish'])
    expect(await it.cli('completion', shell)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('__complete'),
    });
});
