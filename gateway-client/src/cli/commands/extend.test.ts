import { beforeEach, describe, expect, test } from 'vitest';
import { useCli } from '../../../test-support/cli-harness.ts';
import { accessRequest, grant } from '../../../test-support/objects.ts';
import { signInTo } from '../../../test-support/temporary-home.ts';

const it = useCli();
const NOW = '2026-11-22T10:00:00.000Z';
const TIME = ['--for', '30m', '--reason', 'INC-4821'];
const body = () => it.gateway.calls.find(({ operation }) => operation === 'createRequest')?.body;

beforeEach(() => signInTo(it.home, it.gateway, 'alice'));

describe('request', () => {
  test('asks for several resources at once, each with its profile, narrowed', async () => {
    const targets = [
      { resource: 'orders-db', protocol: 'postgres' as const, labels: {}, profile: 'read' },
      { resource: 'build-box', protocol: 'ssh' as const, labels: {}, profile: 'shell' },
    ];
    const scope = { tables: ['public.orders', 'sales.*'], commands: ['uptime'] };
    it.gateway.handlers.createRequest = () => accessRequest({ targets, scope });
    const names = ['orders-db', 'build-box:shell', '--profile', 'read'];
    const narrow = ['--tables', 'public.orders,sales.*', '--commands', 'uptime'];
    const { status, stdout } = await it.cli('request', ...names, ...TIME, ...narrow);
    expect(status).toBe(0);
    expect(body()).toEqual({
      ...{ resource: 'orders-db', profile: 'read', also: [{ resource: 'build-box', profile: 'shell' }] },
      ...{ scope, duration: 1800, reason: 'INC-4821' },
    });
    expect(stdout).toContain(
      'Asked for orders-db (read), build-box (shell), only public.orders, sales.*, uptime for 30m.',
    );
  });

  test('asks for a profile where none is named, before anything is sent', async () => {
    const { status, stderr } = await it.cli('request', 'orders-db', 'build-box:shell', ...TIME);
    expect(status).toBe(2);
    expect(stderr).toContain('how to use orders-db is missing');
    expect(body()).toBeUndefined();
  });

  test('says who was told where glass was broken', async () => {
    const brokenGlass = { reason: 'INC-4821', at: NOW, told: ['security'] };
    it.gateway.handlers.createRequest = () => accessRequest({ state: 'approved', brokenGlass });
    const { stdout } = await it.cli('request', 'orders-db:read', ...TIME, '--break-glass');
    expect(body()).toMatchObject({ breakGlass: true });
    expect(stdout).toContain('Nobody has approved this: security have been told');
  });
});

describe('extend', () => {
  const held = grant({ state: 'active', expiresAt: '2126-11-22T10:30:00.000Z' });
  beforeEach(() => {
    it.gateway.handlers.listGrants = () => ({ grants: [held] });
    it.gateway.handlers.getGrant = () => held;
  });

  test('asks for more time for the grant of a resource', async () => {
    it.gateway.handlers.createRequest = () => accessRequest({ extends: held.id });
    const { status, stdout } = await it.cli('extend', 'orders-db', ...TIME);
    expect(status).toBe(0);
    expect(body()).toEqual({
      ...{ resource: 'orders-db', profile: 'read', extends: held.id, duration: 1800, reason: 'INC-4821' },
    });
    expect(stdout).toContain('Asked for more time for orders-db (read) for 30m. It needs');
  });

  test('says that it goes on where nobody has to approve', async () => {
    it.gateway.handlers.createRequest = () => accessRequest({ extends: held.id, state: 'approved' });
    const { stdout } = await it.cli('extend', held.id, ...TIME);
    expect(stdout).toMatch(/✓ orders-db \(read\) goes on; it ends .* now\. Connections stay open\./);
  });
});

test('grants shows how narrow they are, and which went without approval', async () => {
  const brokenGlass = { reason: 'INC-4821', at: NOW, told: ['security'] };
  it.gateway.handlers.listGrants = () => ({
    grants: [grant({ state: 'active', scope: { tables: ['public.orders'] }, brokenGlass, approvedBy: [] })],
  });
  const { stdout } = await it.cli('grants');
  expect(stdout).toContain('orders-db (read), only public.orders');
  expect(stdout).toContain('nobody: glass broken');
});
