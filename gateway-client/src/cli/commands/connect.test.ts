import { beforeEach, describe, expect, test, vi } from 'vitest';
import { useCli } from '../../../test-support/cli-harness.ts';
import { oneRow, serveBackend } from '../../../test-support/fake-backend.ts';
import { grant, resource } from '../../../test-support/objects.ts';
import { signInTo } from '../../../test-support/temporary-home.ts';

const it = useCli();

describe('connect', () => {
  beforeEach(async () => {
    await signInTo(it.home, it.gateway, 'alice');
    it.gateway.handlers.getResource = () => resource();
    it.gateway.handlers.listGrants = () => ({
      grants: [
        grant({
          state: 'active',
          activatedAt: '2026-11-22T10:00:00.000Z',
          expiresAt: '2026-11-22T10:30:00.000Z',
        }),
      ],
    });
    it.gateway.onTunnel = (socket) => void serveBackend(socket, (query, send) => send(oneRow(query)));
  });

  test('runs a command with the settings and exits with its status', async () => {
    const { status, stdout } = await it.run(
      ['connect', 'orders-db', '--', 'psql', '-X', '-A', '-t', '-c', 'select 1'],
      { env: { PGHOSTADDR: '192.0.2.1', PGSERVICE: 'elsewhere' } },
    );
    expect([status, stdout]).toEqual([0, 'select 1\n']);
    expect(
      await it.cli(
        'connect',
        'orders-db',
        '--',
        'sh',
        '-c',
        'echo $PGUSER $PGDATABASE $PGHOST --json; exit 7',
      ),
    ).toMatchObject({ status: 7, stdout: 'alice orders 127.0.0.1 --json\n' });
    expect(await it.cli('connect', 'orders-db', '--', 'sh', '-c', 'kill -TERM $$')).toMatchObject({
      status: 143,
    });
    expect(await it.cli('connect', 'orders-db', '--', 'no-such-command')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('not installed'),
    });
  });

  test('passes signals on to the command', async () => {
    const running = it.start(
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
    it.gateway.handlers.listGrants = () => ({
      grants: [grant({ state: 'expired' }), grant({ resource: 'other' })],
    });
    const { status, stderr } = await it.cli('connect', 'orders-db', '--', 'psql');
    expect(status).toBe(3);
    expect(stderr).toContain('drawbridge: access_needed: you have no access to orders-db now');
    expect(stderr).toContain('drawbridge request orders-db --profile read --for 30m --reason');
  });

  test('several grants need a profile', async () => {
    it.gateway.handlers.listGrants = () => ({ grants: [grant(), grant({ profile: 'write' })] });
    expect(await it.cli('connect', 'orders-db')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('read, write'),
    });
  });

  test('without a command it stays open until Ctrl-C, or until the access ends', async () => {
    const streams = it.eventStreams();
    const active = grant({ state: 'active', expiresAt: '2026-11-22T10:30:00.000Z' });
    it.gateway.handlers.listGrants = () => ({ grants: [active] });
    it.gateway.handlers.getGrant = () => active;
    const first = it.start('connect', 'orders-db');
    await vi.waitFor(() => expect(first.stdout()).toContain('Ctrl-C'), { timeout: 10_000 });
    expect(first.stdout()).toMatch(
      /psql 'postgresql:\/\/alice:\S+@127\.0\.0\.1:\d+\/orders\?sslmode=disable'/,
    );
    expect(first.stdout()).toContain('public.customers.ssn');
    first.child.kill('SIGINT');
    expect(await first.done).toMatchObject({ status: 0 });

    const second = it.start('connect', 'orders-db', '--json');
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
