import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccessWorld, createAccessWorld } from '../../../test/support/access-world.ts';

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
    const events = await world.access.audit.list({ limit: 10, subject: 'a' });
    expect(events.map(({ action }) => action)).toEqual(['test.second', 'test.first']);
    expect(events[1]).toMatchObject({
      actor: { id: alice.user.id, name: 'alice' },
      reason: 'because',
      address: '192.0.2.10',
      details: { n: 1 },
    });
    expect(events[0]).not.toHaveProperty('actor');
    expect(await world.access.audit.list({ limit: 10, subject: 'a', before: events[0]?.at })).toHaveLength(1);
  });

  it('belongs to the change it tells of: without the one there is not the other', async () => {
    const attempt = world.db.transaction().execute(async (transaction) => {
      await world.access.audit.append({ actor: 'gateway', action: 'test.undone', subject: 'b' }, transaction);
      throw new Error('undone');
    });
    await expect(attempt).rejects.toThrow('undone');
    expect(await world.access.audit.list({ limit: 10, subject: 'b' })).toEqual([]);
  });

  it.each(["update audit_events set action = 'x'", 'delete from audit_events', 'truncate audit_events'])(
    'is never changed: %s',
    async (statement) => {
      await expect(sql.raw(statement).execute(world.db)).rejects.toThrow('never changed or removed');
    },
  );
});
