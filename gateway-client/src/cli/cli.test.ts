import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrawbridgeError, type LiveEvent } from '@drawbridge/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { oneRow, serveBackend } from '../../test-support/fake-backend.ts';
import { type FakeGateway, startFakeGateway } from '../../test-support/fake-gateway.ts';
import { accessRequest, grant, me, person, resource, session } from '../../test-support/objects.ts';
import { aliceWork, sealedRecording, signingKey } from '../../test-support/recording.ts';
import { type BuiltCli, buildCli, type RunningCli } from '../../test-support/run-cli.ts';
import { signInTo, type TemporaryHome, temporaryHome } from '../../test-support/temporary-home.ts';

vi.setConfig({ testTimeout: 30_000 });

let gateway: FakeGateway;
let home: TemporaryHome;
let built: BuiltCli;
const running: RunningCli[] = [];

beforeAll(async () => {
  built = await buildCli();
}, 30_000);
afterAll(() => built.remove());

beforeEach(async () => {
  gateway = await startFakeGateway();
  home = await temporaryHome();
});

afterEach(async () => {
  for (const { child, done } of running.splice(0)) {
    child.kill('SIGKILL');
    await done;
  }
  await gateway.close();
  await home.remove();
});

const cli = (...args: string[]) => built.run(home.path, args);
const start = (...args: string[]) => {
  const started = built.start(home.path, args);
  running.push(started);
  return started;
};

/** Event streams: `send` reaches all that are open. */
function eventStreams(): { send(event: LiveEvent): void; count(): number } {
  const open = new Set<(event: unknown) => void>();
  gateway.handlers.events = ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (event: unknown) => void response.write(`data: ${JSON.stringify(event)}\n\n`);
    open.add(send);
    response.on('close', () => open.delete(send));
    send({ type: 'hello', gateway: 'test', version: '0' });
  };
  return {
    send: (event) => {
      for (const one of open) one(event);
    },
    count: () => open.size,
  };
}

describe('exit status and errors', () => {
  test('2 for wrong usage, with what is wrong', async () => {
    expect(await cli('reqest')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^drawbridge: usage: unknown command 'reqest'/),
    });
    expect(
      await cli('request', 'orders-db', '--profile', 'read', '--for', 'soon', '--reason', 'x'),
    ).toMatchObject({ status: 2, stderr: expect.stringContaining('30m, 1h') });
  });

  test('4 when nobody is signed in, also as JSON', async () => {
    expect(await cli('resources')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('drawbridge login'),
    });
    const { status, stdout, stderr } = await cli('resources', '--json', '--gateway', gateway.url);
    expect([status, stdout]).toEqual([4, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'sign_in_required', hint: `drawbridge login --gateway ${gateway.url}` },
    });
  });

  test('1 for what the gateway refuses, with hint and policies, control characters shown', async () => {
    await signInTo(home, gateway, 'alice');
    gateway.handlers.createRequest = () => {
      throw new DrawbridgeError('policy_denied', 'no \u001b[2J writes', {
        hint: 'Ask for read.',
        policies: ['no-writes'],
      });
    };
    const { status, stderr } = await cli(
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
    await signInTo(home, gateway, 'alice');
    await gateway.close();
    expect(await cli('resources')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('gateway_unreachable'),
    });
    gateway = await startFakeGateway();
    await signInTo(home, gateway, 'alice');
    await chmod(join(home.path, 'settings.json'), 0o644);
    expect(await cli('resources')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('state_unsafe'),
    });
  });

  test('help and version are no errors', async () => {
    expect(await cli('--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('drawbridge connect orders-db -- psql'),
      stderr: '',
    });
    expect(await cli('--version')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

test('login signs in, remembers the gateway and greets; logout forgets', async () => {
  gateway.handlers.me = () => me('alice', ['engineering']);
  gateway.handlers.signOut = () => ({ sessionsEnded: 2 });
  const login = start('login', '--gateway', gateway.url);
  await vi.waitFor(() => expect(login.stderr()).toMatch(/http:\S+\/oidc\/auth\S+/), { timeout: 10_000 });
  await gateway.browse(/http:\S+\/oidc\/auth\S+/.exec(login.stderr())?.[0] ?? '');
  const done = await login.done;
  expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining('Alice Moreau (alice)') });
  expect(await home.store.currentGateway()).toBe(gateway.url);
  expect(await cli('whoami')).toMatchObject({ status: 0, stdout: expect.stringContaining('engineering') });
  expect(await cli('logout', '--everywhere')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('2 live sessions ended'),
  });
  expect(gateway.calls.at(-1)?.body).toEqual({ everywhere: true });
  expect(await home.store.read(gateway.url)).toBeUndefined();
});

test('lists are for people, or JSON alone', async () => {
  await signInTo(home, gateway, 'alice');
  gateway.handlers.listResources = () => ({ resources: [resource()] });
  const { stdout } = await cli('resources');
  expect(stdout).toContain('RESOURCE   PROFILE  ACCESS');
  expect(stdout).toContain('orders-db  read     ○ needs an approval from dba, up to 1h  env=prod');
  expect(stdout).toContain('Next: drawbridge request orders-db --profile read --for 30m');
  const json = await cli('resources', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ resources: [{ name: 'orders-db' }] });
  gateway.handlers.listRequests = () => ({ requests: [] });
  expect((await cli('requests')).stdout).toBe('No requests wait for you.\n');
});

test('request --wait follows the event stream until somebody decides', async () => {
  await signInTo(home, gateway, 'alice');
  const asked = accessRequest();
  const streams = eventStreams();
  gateway.handlers.createRequest = () => asked;
  gateway.handlers.getRequest = () => asked;
  const waiting = start(
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
  await vi.waitFor(() => expect(gateway.calls.at(-1)?.operation).toBe('getRequest'));
  streams.send({ type: 'request', request: { ...asked, state: 'approved' } });
  const { status, stdout, stderr } = await waiting.done;
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ id: asked.id, state: 'approved' });
  expect(stderr).toContain('waits for an approval from dba');
  expect(gateway.calls.find(({ operation }) => operation === 'createRequest')?.body).toEqual({
    resource: 'orders-db',
    profile: 'read',
    duration: 1800,
    reason: 'INC-4821',
  });
  expect(gateway.calls.filter(({ operation }) => operation === 'getRequest')).toHaveLength(1);
});

test('a denied request ends the wait with 3 and the reason; Ctrl-C leaves it open', async () => {
  await signInTo(home, gateway, 'alice');
  const asked = accessRequest();
  const streams = eventStreams();
  gateway.handlers.createRequest = () => asked;
  gateway.handlers.getRequest = () => asked;
  const args = ['request', 'orders-db', '--profile', 'read', '--for', '30m', '--reason', 'x', '--wait'];
  const denied = start(...args);
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

  const stopped = start(...args);
  await vi.waitFor(() => expect(streams.count()).toBe(1), { timeout: 10_000 });
  stopped.child.kill('SIGINT');
  expect(await stopped.done).toMatchObject({ status: 130, stderr: expect.stringContaining('stays open') });
  expect(gateway.calls.some(({ operation }) => operation === 'cancelRequest')).toBe(false);
});

test('approve, deny and revoke take shortened ids', async () => {
  await signInTo(home, gateway, 'bob');
  const asked = accessRequest({ reviewable: true });
  const given = grant();
  gateway.handlers.listRequests = () => ({ requests: [accessRequest(), asked] });
  gateway.handlers.createReview = () => ({ ...asked, state: 'approved', grantId: given.id });
  gateway.handlers.listGrants = () => ({ grants: [given] });
  gateway.handlers.revokeGrant = () => ({ ...given, state: 'revoked' });
  const short = asked.id.slice(-6);
  expect(await cli('approve', short, '--for', '15m')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Alice Moreau may use orders-db (read) for 15m'),
  });
  expect(gateway.calls.at(-1)).toMatchObject({
    params: { id: asked.id },
    body: { verdict: 'approve', duration: 900 },
  });
  expect(await cli('revoke', `grt_${given.id.slice(-8)}`, '--reason', 'done')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('is revoked'),
  });
  expect(gateway.calls.at(-1)?.body).toEqual({ reason: 'done' });
  expect(await cli('approve', 'ffffffff')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('not_found'),
  });
});

describe('connect', () => {
  beforeEach(async () => {
    await signInTo(home, gateway, 'alice');
    gateway.handlers.getResource = () => resource();
    gateway.handlers.listGrants = () => ({
      grants: [
        grant({
          state: 'active',
          activatedAt: '2026-11-22T10:00:00.000Z',
          expiresAt: '2026-11-22T10:30:00.000Z',
        }),
      ],
    });
    gateway.onTunnel = (socket) => void serveBackend(socket, (query, send) => send(oneRow(query)));
  });

  test('runs a command with the settings and exits with its status', async () => {
    const { status, stdout } = await built.run(
      home.path,
      ['connect', 'orders-db', '--', 'psql', '-X', '-A', '-t', '-c', 'select 1'],
      { env: { PGHOSTADDR: '192.0.2.1', PGSERVICE: 'elsewhere' } },
    );
    expect([status, stdout]).toEqual([0, 'select 1\n']);
    expect(
      await cli('connect', 'orders-db', '--', 'sh', '-c', 'echo $PGUSER $PGDATABASE $PGHOST --json; exit 7'),
    ).toMatchObject({ status: 7, stdout: 'alice orders 127.0.0.1 --json\n' });
    expect(await cli('connect', 'orders-db', '--', 'sh', '-c', 'kill -TERM $$')).toMatchObject({
      status: 143,
    });
    expect(await cli('connect', 'orders-db', '--', 'no-such-command')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('not installed'),
    });
  });

  test('passes signals on to the command', async () => {
    const running = start(
      'connect',
      'orders-db',
      '--',
      'sh',
      '-c',
      'trap "echo got it; exit 5" TERM; echo up; while :; do sleep 0.05; done',
    );
    await vi.waitFor(() => expect(running.stdout()).toContain('up'), { timeout: 10_000 });
    running.child.kill('SIGTERM');
    expect(await running.done).toMatchObject({ status: 5, stdout: 'up\ngot it\n' });
  });

  test('3 without a grant, with the command that asks for one', async () => {
    gateway.handlers.listGrants = () => ({
      grants: [grant({ state: 'expired' }), grant({ resource: 'other' })],
    });
    const { status, stderr } = await cli('connect', 'orders-db', '--', 'psql');
    expect(status).toBe(3);
    expect(stderr).toContain('drawbridge: access_needed: you have no access to orders-db now');
    expect(stderr).toContain('drawbridge request orders-db --profile read --for 30m --reason');
  });

  test('several grants need a profile', async () => {
    gateway.handlers.listGrants = () => ({ grants: [grant(), grant({ profile: 'write' })] });
    expect(await cli('connect', 'orders-db')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('read, write'),
    });
  });

  test('without a command it stays open until Ctrl-C, or until the access ends', async () => {
    const streams = eventStreams();
    const active = grant({ state: 'active', expiresAt: '2026-11-22T10:30:00.000Z' });
    gateway.handlers.listGrants = () => ({ grants: [active] });
    gateway.handlers.getGrant = () => active;
    const first = start('connect', 'orders-db');
    await vi.waitFor(() => expect(first.stdout()).toContain('Ctrl-C'), { timeout: 10_000 });
    expect(first.stdout()).toMatch(
      /psql 'postgresql:\/\/alice:\S+@127\.0\.0\.1:\d+\/orders\?sslmode=disable'/,
    );
    expect(first.stdout()).toContain('public.customers.ssn');
    first.child.kill('SIGINT');
    expect(await first.done).toMatchObject({ status: 0 });

    const second = start('connect', 'orders-db', '--json');
    await vi.waitFor(() => expect(second.stdout()).toContain('\n'), { timeout: 10_000 });
    expect(JSON.parse(second.stdout())).toMatchObject({
      host: '127.0.0.1',
      user: 'alice',
      database: 'orders',
      grant: active.id,
    });
    await vi.waitFor(() => expect(streams.count()).toBe(1));
    streams.send({ type: 'grant', grant: { ...active, state: 'revoked', endReason: 'work is done' } });
    const { status, stderr } = await second.done;
    expect(status).toBe(3);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'access_needed', message: 'access ended: grant revoked: work is done' },
    });
  });
});

describe('recordings', () => {
  const key = signingKey();
  const recording = sealedRecording(aliceWork, key);
  const recorded = session();

  beforeEach(async () => {
    await signInTo(home, gateway, 'carol');
    gateway.handlers.listSessions = () => ({ sessions: [recorded] });
    gateway.handlers.getRecording = ({ response }) =>
      void response
        .writeHead(200, { 'content-type': 'application/vnd.drawbridge.recording' })
        .end(sealedRecording(aliceWork, key, recorded.id));
    gateway.handlers.recordingKeys = () => ({ keys: [key.jwk] });
  });

  test('replay shows statements, decisions, and rows with what was masked', async () => {
    const { status, stdout } = await cli('replay', 'last', '--rows', '2');
    expect(status).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toContain('Alice Moreau on orders-db (read)');
    expect(lines).toContain('00:00.100  select full_name, ssn');
    expect(lines).toContain('           from customers');
    expect(lines).toContain('           full_name     ssn ▒');
    expect(lines).toContain('           Zoë \\e[31mLi  •••••1234');
    expect(lines).toContain('           Ann           NULL');
    expect(lines).toContain('           … and 1 more row');
    expect(lines).toContain('           ▒ masked: public.customers.ssn last4');
    expect(lines).toContain('           ✗ refused: the profile read allows no sql.ddl (read-only)');
    expect(lines).toContain('           ERROR 42501: drawbridge: refused');
    expect(stdout).not.toContain('東京');
  });

  test('verify accepts what is whole, by the gateway’s keys or one’s own, and refuses what was changed', async () => {
    expect(await cli('verify', recorded.id)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('whole and unchanged'),
    });
    const file = join(home.path, 'x.recording');
    const keys = join(home.path, 'keys.json');
    await writeFile(file, recording);
    await writeFile(keys, JSON.stringify({ keys: [key.jwk] }));
    await home.store.remove(gateway.url);
    expect(await cli('verify', file, '--key', keys, '--json')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"ok": true'),
    });
    const at = recording.indexOf('drop table');
    await writeFile(
      file,
      Buffer.concat([recording.subarray(0, at), Buffer.from('DROP'), recording.subarray(at + 4)]),
    );
    expect(await cli('verify', file, '--key', keys)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('recording_invalid'),
    });
    await writeFile(keys, JSON.stringify(signingKey().jwk));
    await writeFile(file, recording);
    expect(await cli('verify', file, '--key', keys)).toMatchObject({ status: 1 });
  });

  test('verify refuses another session’s recording', async () => {
    gateway.handlers.getRecording = ({ response }) => void response.writeHead(200).end(recording);
    expect(await cli('verify', recorded.id)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('another session'),
    });
  });

  test('export writes every form', async () => {
    expect((await cli('export', 'last', '--format', 'csv')).stdout).toBe(
      'full_name,ssn\r\nZoë \u001b[31mLi,•••••1234\r\nAnn,\r\n東京,•••••9876\r\n',
    );
    const lines = (await cli('export', 'last')).stdout.trim().split('\n');
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ type: 'statement', statement: 1 });
    const file = join(home.path, 'out.recording');
    expect(await cli('export', 'last', '-f', 'recording', '-o', file)).toMatchObject({ status: 0 });
    expect((await readFile(file)).subarray(0, 7).toString()).toBe('DBRGREC');
  });
});

test('apply resolves secrets here, shows what changes, and says where a mistake is', async () => {
  await signInTo(home, gateway, 'erin');
  gateway.handlers.apply = () => ({
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
  const { status, stdout } = await built.run(home.path, ['apply', '-f', '-'], {
    env: { PW: 's3cret' },
    input: yaml,
  });
  expect([status, stdout]).toEqual([
    0,
    '+ Resource orders-db created\n~ DataRule pii updated\n    columns.0.mask: full → email\n\n2 documents changed.\n',
  ]);
  expect(gateway.calls.at(-1)?.body).toMatchObject({
    dryRun: false,
    documents: [{ profiles: { read: { credential: { password: { value: 's3cret' } } } } }],
  });

  const wrong = await built.run(home.path, ['apply', '-f', '-', '--dry-run'], {
    input: yaml.replace('sql.read', 'sql.raed'),
  });
  expect(wrong).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('stdin:6: profiles.read.allow.0'),
  });
});

test('completion offers commands, options and names, and scripts for the shells', async () => {
  await signInTo(home, gateway, 'alice');
  gateway.handlers.listResources = () => ({ resources: [resource()] });
  expect((await cli('__complete', 'conn')).stdout).toMatch(/^connect\t/);
  expect((await cli('__complete', 'connect', 'or')).stdout).toBe('orders-db\tProduction orders\n');
  expect((await cli('__complete', 'connect', '--po')).stdout).toBe(
    '--port\tlocal port (default: any free one)\n',
  );
  for (const shell of ['bash', 'zsh', 'fish'])
    expect(await cli('completion', shell)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('__complete'),
    });
});
