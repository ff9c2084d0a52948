import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccessWorld, createAccessWorld, resourceDocument } from '../../../test/support/access-world.ts';

const everybody = {
  kind: 'Policy',
  name: 'everybody',
  cedar: 'permit (principal, action in [Action::"access.request", Action::"access.connect"], resource);',
};

let world: AccessWorld;
beforeAll(async () => {
  world = await createAccessWorld();
});
afterAll(() => world.close());

describe('the audit log', () => {
  it('keeps who did what, to what, when, from where and why, newest first', async () => {
    const alice = await world.person('alice');
    await world.access.audit.append({
      actor: alice,
      action: 'test.first',
      subject: 'a',
      reason: 'because',
      details: { n: 1 },
    });
    world.clock.advance(1000);
    await world.access.audit.append({ actor: 'gateway', action: 'test.second', subject: 'a' });
    const events = (await world.access.audit.list({ limit: 10, subject: 'a' })).events;
    expect(events.map(({ action }) => action)).toEqual(['test.second', 'test.first']);
    expect(events[1]).toMatchObject({
      actor: { id: alice.user.id, name: 'alice' },
      reason: 'because',
      address: '192.0.2.10',
      details: { n: 1 },
    });
    expect(events[0]).not.toHaveProperty('actor');
    expect(
      (await world.access.audit.list({ limit: 10, subject: 'a', before: events[0]?.at })).events,
    ).toHaveLength(1);
  });

  it('belongs to the change it tells of: without the one there is not the other', async () => {
    const attempt = world.db.transaction().execute(async (transaction) => {
      await world.access.audit.append({ actor: 'gateway', action: 'test.undone', subject: 'b' }, transaction);
      throw new Error('undone');
    });
    await expect(attempt).rejects.toThrow('undone');
    expect((await world.access.audit.list({ limit: 10, subject: 'b' })).events).toEqual([]);
  });

  it('says which resource an event is about, told or looked up, and is searched by it', async () => {
    const bob = await world.person('bob', 'engineering');
    await world.access.documents.bootstrap([resourceDocument('orders-db', { env: 'prod' }), everybody]);
    const { id, grantId } = await world.access.requests.create(bob, {
      ...{ resource: 'orders-db', profile: 'read', duration: 600, reason: 'INC-1' },
    });
    const { events } = await world.access.audit.list({ limit: 100, resource: 'orders-db' });
    expect(events.map(({ subject, action }) => [subject, action])).toEqual(
      expect.arrayContaining([
        [id, 'request.created'],
        [grantId, 'grant.created'],
        ['Resource/orders-db', expect.stringContaining('document.')],
      ]),
    );
    const also = await world.access.documents.bootstrap([resourceDocument('orders-copy', {})], 'always');
    expect(also.warnings).toEqual([]);
    const both = await world.access.requests.create(await world.person('carol'), {
      ...{ resource: 'orders-db', profile: 'read', duration: 600, reason: 'INC-1' },
      also: [{ resource: 'orders-copy', profile: 'read' }],
    });
    const copy = await world.access.audit.list({ limit: 100, resource: 'orders-copy' });
    expect(copy.events.filter(({ subject }) => subject === both.id).map(({ action }) => action)).toEqual([
      'request.approved',
      'request.created',
    ]);
    await world.access.audit.append({ actor: bob, action: 'test.told', subject: 'x', resource: 'elsewhere' });
    expect((await world.access.audit.list({ limit: 10, resource: 'elsewhere' })).events).toMatchObject([
      { action: 'test.told', resource: 'elsewhere' },
    ]);
  });

  it('is searched by who, by action or kind of action, and by time', async () => {
    const dan = await world.person('dan');
    world.clock.advance(1000);
    const since = new Date(world.clock.now()).toISOString();
    await world.access.audit.append({ actor: dan, action: 'grant.revoked', subject: 'c' });
    world.clock.advance(1000);
    const until = new Date(world.clock.now()).toISOString();
    await world.access.audit.append({ actor: dan, action: 'grants.revoked', subject: 'c' });
    await world.access.audit.append({ actor: 'gateway', action: 'grant.expired', subject: 'c' });
    const actions = async (filter: object) =>
      (await world.access.audit.list({ limit: 10, subject: 'c', ...filter })).events.map(
        ({ action }) => action,
      );
    expect(await actions({ who: 'dan' })).toEqual(['grants.revoked', 'grant.revoked']);
    expect(await actions({ action: 'grant' })).toEqual(['grant.expired', 'grant.revoked']);
    expect(await actions({ action: 'grant.revoked' })).toEqual(['grant.revoked']);
    expect(await actions({ since, until })).toEqual(['grant.revoked']);
    expect(await actions({ until: since })).toEqual([]);
  });

  it('comes in pages that neither miss nor repeat an event, whatever is added meanwhile', async () => {
    const append = (action: string) =>
      world.access.audit.append({ actor: 'gateway', action, subject: 'pages' });
    // Some of the same moment.
    for (let number = 0; number < 25; number += 1) {
      if (number % 4 === 0) world.clock.advance(1);
      await append(`test.${number}`);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await world.access.audit.list({ limit: 10, subject: 'pages', cursor });
      seen.push(...page.events.map(({ action }) => action));
      await append('test.later');
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(25);
    expect(new Set(seen)).toHaveProperty('size', 25);
    expect(seen).not.toContain('test.later');
  });

  it.each(['', 'nonsense', 'e30', Buffer.from('["x","y"]').toString('base64url')])(
    'takes no cursor but its own: %j',
    async (cursor) => {
      await expect(world.access.audit.list({ limit: 1, cursor })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    },
  );

  it.each(["update audit_events set action = 'x'", 'delete from audit_events', 'truncate audit_events'])(
    'is never changed: %s',
    async (statement) => {
      await expect(sql.raw(statement).execute(world.db)).rejects.toThrow('never changed or removed');
    },
  );
});
