import type { NewRequestInput } from '@drawbridge/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AccessWorld, createDemoWorld, hostDocument } from '../../../test/support/access-world.ts';
import type { Caller } from './caller.ts';

const BOTH: NewRequestInput = {
  resource: 'orders-staging',
  profile: 'read',
  also: [{ resource: 'orders-db', profile: 'read' }],
  duration: 1800,
  reason: 'compare the two',
};
const HOSTS_NEED_OPS = {
  kind: 'Policy',
  name: 'hosts-need-ops',
  cedar: `
    permit (principal in Group::"engineering", action in [Action::"access.request", Action::"access.connect"],
      resource == Resource::"build-box");
    @approve("ops") forbid (principal, action == Action::"access.connect", resource == Resource::"build-box")
      unless { context.approved };
    permit (principal in Group::"ops", action == Action::"access.review", resource == Resource::"build-box");`,
};

let world: AccessWorld;
let alice: Caller;
let bob: Caller;

beforeEach(async () => {
  world = await createDemoWorld();
  await world.access.documents.bootstrap(
    [hostDocument('build-box', { env: 'build' }), HOSTS_NEED_OPS],
    'always',
  );
  alice = await world.person('alice', 'engineering');
  bob = await world.person('bob', 'dba');
});
afterEach(() => world.close());

const ask = (wish: Partial<NewRequestInput> = {}) =>
  world.access.requests.create(alice, { ...BOTH, ...wish });
const approve = (caller: Caller, { id }: Awaited<ReturnType<typeof ask>>) =>
  world.access.reviews.review(caller, id, { verdict: 'approve' });
const usable = (resource: string) => world.access.grants.findUsable(alice.user, resource);

describe('a request for several resources', () => {
  it('needs what any of them needs, and gives nothing before', async () => {
    const request = await ask();
    expect(request).toMatchObject({
      resource: 'orders-staging',
      state: 'pending',
      needs: [{ policy: 'production-needs-a-dba' }],
      targets: [
        { resource: 'orders-staging', profile: 'read', labels: { env: 'staging' } },
        { resource: 'orders-db', profile: 'read', labels: { env: 'prod', team: 'shop' } },
      ],
      grantIds: [],
    });
    await expect(usable('orders-staging')).rejects.toMatchObject({ code: 'access_needed' });
  });

  it('becomes a grant of each by one review', async () => {
    const approved = await approve(bob, await ask());
    const grants = [await usable('orders-staging'), await usable('orders-db')];
    expect(approved).toMatchObject({
      state: 'approved',
      grantIds: grants.map(({ id }) => id),
      grantId: grants[0]?.id,
    });
    for (const grant of grants)
      expect(grant).toMatchObject({ duration: 1800, approvedBy: [{ name: 'bob' }] });
    expect(await world.access.grants.stillAllowed(await usable('orders-db'))).toBe('allowed');
  });

  it('is granted at once where nobody has to approve any of them', async () => {
    const request = await ask({ also: [{ resource: 'orders-staging', profile: 'write' }] });
    expect(request).toMatchObject({ state: 'approved' });
    expect(request.grantIds).toHaveLength(2);
  });

  it('is refused as a whole where policy denies one of them, and says which', async () => {
    await expect(ask({ also: [{ resource: 'orders-db', profile: 'owner' }] })).rejects.toMatchObject({
      code: 'policy_denied',
      message: expect.stringContaining('orders-db (owner): '),
    });
    expect(await world.db.selectFrom('access_requests').select('id').execute()).toEqual([]);
  });

  it.each<[string, Partial<NewRequestInput>, string]>([
    [
      'a profile that is not there',
      { also: [{ resource: 'orders-db', profile: 'admin' }] },
      'also.0.profile',
    ],
    ['the same twice', { also: [{ resource: 'orders-staging', profile: 'read' }] }, 'also.0'],
    [
      'tables of hosts',
      { resource: 'build-box', profile: 'shell', also: [], scope: { tables: ['a.b'] } },
      'scope.tables',
    ],
    ['commands of databases', { scope: { commands: ['uptime'] } }, 'scope.commands'],
    ['a scope of nothing', { scope: {} }, 'scope'],
  ])('refuses %s, naming the field', async (_, wish, path) => {
    await expect(ask(wish)).rejects.toMatchObject({
      code: 'invalid_request',
      details: { issues: [{ path }] },
    });
  });

  it('waits for a reviewer of each that needs one', async () => {
    const olga = await world.person('olga', 'ops');
    const request = await ask({
      also: [
        { resource: 'orders-db', profile: 'read' },
        { resource: 'build-box', profile: 'shell' },
      ],
    });
    expect(await approve(olga, request)).toMatchObject({ state: 'pending' });
    expect(await approve(bob, request)).toMatchObject({ state: 'approved' });
    expect((await usable('build-box')).approvedBy.map(({ name }) => name)).toEqual(['olga', 'bob']);
  });

  it('takes no approval from a person for what they may not review', async () => {
    // Ann is in both groups, and policy lets neither make her a reviewer of the host.
    await world.access.documents.bootstrap(
      [
        {
          ...HOSTS_NEED_OPS,
          cedar: HOSTS_NEED_OPS.cedar.replace(/permit \(principal in Group::"ops"[^;]*;/, ''),
        },
        {
          kind: 'Policy',
          name: 'dba-reviews',
          cedar:
            'permit (principal in Group::"dba", action == Action::"access.review", resource in Label::"env:prod");',
        },
      ],
      'always',
    );
    const ann = await world.person('ann', 'dba', 'ops');
    const request = await ask({
      also: [
        { resource: 'orders-db', profile: 'read' },
        { resource: 'build-box', profile: 'shell' },
      ],
    });
    await expect(approve(ann, request)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('stands in the way of another for any of them, and is stood in the way of', async () => {
    const request = await ask();
    await expect(ask({ resource: 'orders-db', also: [] })).rejects.toMatchObject({
      code: 'already_pending',
      details: { id: request.id },
    });
    await world.access.requests.cancel(alice, request.id);
    const single = await ask({ also: [] });
    await expect(ask()).rejects.toMatchObject({ code: 'already_granted', details: { id: single.grantId } });
  });

  it('at the same moment in another order leaves one of the two', async () => {
    const other = { resource: 'orders-db', also: [{ resource: 'orders-staging', profile: 'read' }] };
    const results = await Promise.allSettled([
      ask(),
      world.another().requests.create(alice, { ...BOTH, ...other }),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'already_pending' },
    });
  });

  it('is cancelled as a whole when one of them is removed, and the rest can be asked for anew', async () => {
    const request = await ask();
    await world.access.documents.remove(await world.person('erin', 'platform'), 'Resource', 'orders-db');
    expect(await world.access.requests.get(alice, request.id)).toMatchObject({ state: 'cancelled' });
    expect(await ask({ also: [] })).toMatchObject({ state: 'approved' });
  });

  it('leaves the other grants when one ends', async () => {
    await approve(bob, await ask());
    await world.access.grants.revoke(alice, (await usable('orders-db')).id);
    expect(await usable('orders-staging')).toMatchObject({ state: 'approved' });
  });

  it('shows up with each of its resources', async () => {
    const request = await ask();
    for (const name of ['orders-db', 'orders-staging'])
      expect((await world.access.resources.get(alice, name)).pending?.id).toBe(request.id);
  });

  it('narrows each by what the scope says of its kind', async () => {
    await world.access.documents.bootstrap(
      [{ ...HOSTS_NEED_OPS, cedar: HOSTS_NEED_OPS.cedar.replace(/@approve[^;]*;/, '') }],
      'always',
    );
    const scope = { tables: ['public.orders'], commands: ['uptime'] };
    const request = await ask({ also: [{ resource: 'build-box', profile: 'shell' }], scope });
    expect(request).toMatchObject({ state: 'approved', scope });
    expect((await usable('orders-staging')).scope).toEqual({ tables: ['public.orders'] });
    expect((await usable('build-box')).scope).toEqual({ commands: ['uptime'] });
  });
});
