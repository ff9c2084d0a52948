import { Resource } from '@drawbridge/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccessWorld, createDemoWorld } from '../../../test/support/access-world.ts';
import { mayReviewAny } from './capabilities.ts';

let world: AccessWorld;
beforeAll(async () => {
  world = await createDemoWorld();
});
afterAll(() => world.close());

const names = async (...groups: string[]) =>
  (await world.access.resources.list(await world.person(`who-${groups.join('-')}`, ...groups))).map(
    ({ name }) => name,
  );
const reviews = async (...groups: string[]) =>
  mayReviewAny(
    world.access.configuration,
    world.access.authorizer,
    await world.person(`reviews-${groups.join('-')}`, ...groups),
  );

describe('what a person sees of resources', () => {
  it('says of each profile whether it is open, needs a review, or is denied and why', async () => {
    const alice = await world.person('alice', 'engineering');
    const orders = await world.access.resources.get(alice, 'orders-db');
    expect(orders.profiles.find(({ name }) => name === 'read')).toMatchObject({
      access: 'review',
      needs: [{ kind: 'approve', groups: ['dba'] }],
      maxDuration: 3600,
      allow: ['sql.read', 'sql.session'],
    });
    expect(orders.profiles.find(({ name }) => name === 'owner')).toMatchObject({
      access: 'denied',
      explanation: expect.stringContaining('no policy lets alice'),
      needs: [],
    });
    const staging = await world.access.resources.get(alice, 'orders-staging');
    expect(staging.profiles.map(({ access }) => access)).toEqual(['open', 'open']);
  });

  it('names the masked columns and the rule, only where a rule selects the resource', async () => {
    const alice = await world.person('alice', 'engineering');
    expect((await world.access.resources.get(alice, 'orders-db')).maskedColumns).toContainEqual({
      column: 'public.customers.ssn',
      mask: 'last4',
      rule: 'customer-pii',
    });
    expect((await world.access.resources.get(alice, 'orders-staging')).maskedColumns).toEqual([]);
  });

  it('never tells where it is or how the gateway signs in', async () => {
    const alice = await world.person('alice', 'engineering');
    const listed = await world.access.resources.list(alice);
    expect(JSON.stringify(listed)).not.toMatch(/db\.internal|app_ro|app_rw|s3cret/);
    for (const resource of listed) expect(Resource.strict().safeParse(resource).error).toBeUndefined();
  });

  it('hides what policy gives nothing of', async () => {
    expect(await names('engineering')).toEqual(['orders-db', 'orders-staging']);
    expect(await names()).toEqual([]);
    expect(await names('dba')).toEqual([]);
    const dan = await world.person('dan');
    await expect(world.access.resources.get(dan, 'orders-db')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('shows what one holds and waits for', async () => {
    const ann = await world.person('ann', 'engineering');
    const pending = await world.access.requests.create(ann, {
      resource: 'orders-db',
      profile: 'read',
      duration: 600,
      reason: 'x',
    });
    const open = await world.access.requests.create(ann, {
      resource: 'orders-staging',
      profile: 'read',
      duration: 600,
      reason: 'x',
    });
    expect((await world.access.resources.get(ann, 'orders-db')).pending?.id).toBe(pending.id);
    expect((await world.access.resources.get(ann, 'orders-staging')).grant?.id).toBe(open.grantId);
  });

  it('shows what one still holds, though policy would not give it again', async () => {
    const left = await world.person('left', 'engineering');
    await world.access.requests.create(left, {
      resource: 'orders-staging',
      profile: 'read',
      duration: 600,
      reason: 'x',
    });
    const now = await world.person('left');
    expect((await world.access.resources.list(now)).map(({ name }) => name)).toEqual(['orders-staging']);
  });
});

it('only those whom policy lets review something are reviewers', async () => {
  expect(await reviews('dba')).toBe(true);
  expect(await reviews('engineering')).toBe(false);
  expect(await reviews()).toBe(false);
});

it('rulesFor gives the rules of one resource', async () => {
  const orders = await world.access.resources.find('orders-db');
  if (!orders) throw new Error('no orders-db');
  expect((await world.access.resources.rulesFor(orders)).columns).toContainEqual({
    rule: 'customer-pii',
    schema: '*',
    table: '*',
    column: 'email',
    mask: 'email',
  });
});
