import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  approve,
  type CommandWorld,
  createCommandWorld,
  DELETE,
  EXPIRY,
} from '../../../test/support/command-world.ts';
import { Keyring } from '../store/keyring.ts';
import { CommandHold } from './command-hold.ts';
import { rewrapCommands } from './command-text.ts';

const MINUTE = 60_000;

let commands: CommandWorld;
beforeEach(async () => {
  commands = await createCommandWorld();
});
afterEach(() => commands.close());

describe('a held command', () => {
  it('is shown with all that is needed to decide', async () => {
    const held = await commands.hold({
      held: { parameters: ['ada', null], estimate: async () => 12 },
      needs: [approve('dba', { breakGlass: ['security'], message: 'changes are looked at' })],
    });
    expect(held.review).toMatchObject({
      id: expect.stringMatching(/^cmd_/),
      waitsFor: ['approval of dba'],
      breakable: true,
    });
    await expect.poll(async () => (await commands.seen(held)).estimatedRows).toBe(12);
    expect(await commands.seen(held)).toEqual({
      id: held.review.id,
      sessionId: commands.session.id,
      grantId: commands.grant.id,
      principal: expect.objectContaining({ name: 'alice', displayName: 'Alice' }),
      resource: 'orders-staging',
      protocol: 'postgres',
      labels: { env: 'staging' },
      profile: 'write',
      grantReason: 'INC-7: parcels',
      kind: 'statement',
      text: DELETE.text,
      truncated: false,
      parameters: ['ada', null],
      actions: [{ name: 'sql.write', object: 'public.customers' }],
      hasWhere: true,
      estimatedRows: 12,
      needs: [expect.objectContaining({ groups: ['dba'], message: 'changes are looked at' })],
      policies: ['writes-are-looked-at'],
      votes: [],
      state: 'pending',
      reviewable: false,
      breakable: true,
      createdAt: new Date(commands.world.clock.now()).toISOString(),
      expiresAt: held.review.expiresAt,
    });
    expect(Date.parse(held.review.expiresAt) - commands.world.clock.now()).toBe(EXPIRY * 1000);
    expect(await commands.audited(held)).toEqual(['command.held']);
  });

  it('leaves nothing of its text, parameters or objects readable in the store', async () => {
    await commands.hold({ held: { parameters: ['ada@example.com'] } });
    const rows = await sql<{ row: string }>`
      select row_to_json(c)::text as row from command_reviews c
      union all select row_to_json(a)::text from audit_events a where subject like 'cmd_%'`.execute(
      commands.world.db,
    );
    const stored = rows.rows.map(({ row }) => row).join('\n');
    for (const secret of ['ada@example.com', 'customers', 'delete from'])
      expect(stored).not.toContain(secret);
  });

  it('is shown cut where it is too long, and says so', async () => {
    const text = `select '${'x'.repeat(200_000)}'`;
    const held = await commands.hold({ held: { text, parameters: ['y'.repeat(100_000), 'z'] } });
    const seen = await commands.seen(held);
    expect(seen.truncated).toBe(true);
    expect(text.startsWith(seen.text)).toBe(true);
    expect(seen.text.length).toBe(65_536);
    expect(seen.parameters.map((value) => value?.length)).toEqual([65_536, 0]);
  });

  it('stays readable once the master key is another', async () => {
    const held = await commands.hold();
    const [old, fresh] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)];
    await rewrapCommands(commands.world.db, new Keyring([fresh, old]));
    const { sealed } = await commands.world.db
      .selectFrom('command_reviews')
      .select('sealed')
      .where('id', '=', held.review.id)
      .executeTakeFirstOrThrow();
    const opened = new Keyring([fresh]).open(sealed, `command:${held.review.id}`).toString();
    expect(JSON.parse(opened)).toMatchObject({ text: DELETE.text });
  });

  it('goes on without an estimate where none can be had', async () => {
    const held = await commands.hold({
      held: { estimate: () => Promise.reject(new Error('no plan')) },
    });
    await commands.gateway.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' });
    expect(await held.outcome).toMatchObject({ state: 'approved' });
    expect(await commands.seen(held)).not.toHaveProperty('estimatedRows');
  });
});

describe('its outcome', () => {
  it('is an approval, used once', async () => {
    const held = await commands.hold();
    await commands.gateway.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' });
    expect(await held.outcome).toMatchObject({ state: 'approved', by: [{ name: 'bob' }] });
    expect(await commands.row(held)).toEqual({ state: 'approved', used_at: expect.any(Date) });
    expect(await commands.audited(held)).toEqual(['command.held', 'command.approved', 'command.released']);
    await vi.waitFor(() => expect(commands.gateway.holds.size).toBe(0));
  });

  it('is a denial, with who and why', async () => {
    const held = await commands.hold();
    await commands.gateway.reviews.vote(commands.bob, held.review.id, {
      verdict: 'deny',
      reason: 'use staging',
    });
    const { state, by, reason } = await held.outcome;
    const words = commands.gateway.holds.reviewing(commands.session, commands.grant).words(state, by, reason);
    expect(words).toBe('denied by Bob: use staging');
    expect(await commands.row(held)).toEqual({ state: 'denied', used_at: null });
  });

  it('is learnt from another gateway, at which people decided', async () => {
    const there = await commands.another();
    const held = await commands.hold();
    await there.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' });
    expect(await held.outcome).toMatchObject({ state: 'approved', by: [{ name: 'bob' }] });
    await expect.poll(() => there.heard).toContain(held.review.id);
  });

  it('fails at its deadline, to the millisecond', async () => {
    const held = await commands.hold();
    commands.world.clock.advance(EXPIRY * 1000 - 1);
    await commands.gateway.expiry.wake();
    expect(await commands.row(held)).toMatchObject({ state: 'pending' });
    commands.world.clock.advance(1);
    const { state, by, reason } = await held.outcome;
    expect(state).toBe('expired');
    expect(commands.gateway.holds.reviewing(commands.session, commands.grant).words(state, by, reason)).toBe(
      'nobody decided within 5m',
    );
    expect(await commands.row(held)).toEqual({ state: 'expired', used_at: null });
    expect(await commands.audited(held)).toEqual(['command.held', 'command.expired']);
  });

  it('is withdrawn by its signal, whatever somebody says later', async () => {
    const held = await commands.hold();
    held.cancel();
    expect(await held.outcome).toMatchObject({ state: 'withdrawn', reason: 'its sender cancelled it' });
    await commands.gateway.holds.close();
    await expect(
      commands.gateway.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' }),
    ).rejects.toMatchObject({ code: 'not_pending' });
    expect(await commands.row(held)).toEqual({ state: 'withdrawn', used_at: null });
  });

  it('says why its session ended', async () => {
    const held = await commands.hold();
    held.cancel({ code: 'grant_expired', message: 'access to orders-staging ended: grant expired' });
    expect(await held.outcome).toMatchObject({ reason: 'access to orders-staging ended: grant expired' });
  });

  it('is nothing where it was cancelled before anybody was asked', async () => {
    const reviewing = commands.gateway.holds.reviewing(commands.session, commands.grant);
    const needs = { verdict: 'needs' as const, requirements: [approve('dba')], policies: [] };
    const asking = new AbortController();
    const asked = reviewing.ask([], needs, DELETE, asking.signal);
    asking.abort();
    await expect(asked).rejects.toMatchObject({ code: 'not_active' });
    await expect(reviewing.ask([], needs, DELETE, asking.signal)).rejects.toMatchObject({
      code: 'not_active',
    });
    await commands.gateway.holds.close();
    const rows = await commands.world.db.selectFrom('command_reviews').select('state').execute();
    expect(rows).toEqual([{ state: 'withdrawn' }]);
  });

  it('does not wait for what was missed: everything is looked up once changes are heard again', async () => {
    const held = await commands.hold();
    await commands.gateway.channel.close();
    const there = await commands.another();
    await there.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' });
    commands.gateway.holds.heard({ kind: 'resync' });
    expect(await held.outcome).toMatchObject({ state: 'approved' });
  });

  it('is no approval where the store can’t say what was decided', async () => {
    const held = await commands.hold();
    await commands.gateway.channel.close();
    await commands.world.db.destroy();
    commands.world.clock.advance(EXPIRY * 1000);
    commands.world.clock.advance(5_000);
    expect(await held.outcome).toMatchObject({
      state: 'denied',
      by: [],
      reason: expect.stringContaining('could not be learnt'),
    });
  });

  it('is no approval where it can’t be marked as used', async () => {
    const held = await commands.hold();
    await sql`alter table command_reviews add constraint broken check (used_at is null)`.execute(
      commands.world.db,
    );
    await commands.gateway.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' });
    expect(await held.outcome).toMatchObject({ state: 'denied', by: [] });
  });

  it('is no approval of anything else: what is stored must be what is held', async () => {
    const held = await commands.hold();
    await commands.world.db.updateTable('command_reviews').set({ binding: 'another' }).execute();
    await commands.gateway.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' });
    expect(await held.outcome).toMatchObject({
      state: 'denied',
      reason: 'its approval can no longer be used',
    });
  });

  it('is no approval that was given long ago', async () => {
    const held = await commands.hold();
    await commands.gateway.channel.close();
    await commands.gateway.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' });
    commands.world.clock.advance(MINUTE);
    commands.gateway.holds.heard({ kind: 'resync' });
    expect(await held.outcome).toMatchObject({ state: 'denied' });
    expect(await commands.row(held)).toEqual({ state: 'approved', used_at: null });
  });

  it('is taken by one of two that hold the same', async () => {
    const { world, session, gateway } = commands;
    const held = await commands.hold();
    await gateway.channel.close();
    await gateway.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' });
    const { binding } = await world.db
      .selectFrom('command_reviews')
      .select('binding')
      .executeTakeFirstOrThrow();
    const parts = { ...world, ...world.access, announcer: undefined as never, logger: console };
    const twin = () => {
      const hold = new CommandHold(
        parts,
        {
          id: held.review.id,
          session: session.id,
          principal: session.principal,
          address: undefined,
          resource: 'orders-staging',
          binding,
          expiresAt: Date.parse(held.review.expiresAt),
        },
        new AbortController().signal,
      );
      hold.look();
      return hold.outcome;
    };
    const outcomes = await Promise.all([twin(), twin(), twin()]);
    expect(outcomes.map(({ state }) => state).sort()).toEqual(['approved', 'denied', 'denied']);
    held.cancel();
  });
});

describe('a session that is over', () => {
  it('takes what it held with it, at whatever gateway', async () => {
    const held = await commands.hold();
    const there = await commands.another();
    await commands.closeSession();
    expect(await commands.seen(held)).toMatchObject({ state: 'withdrawn', stateReason: 'its session ended' });
    await expect(
      there.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' }),
    ).rejects.toMatchObject({ code: 'not_pending' });
    await there.expiry.wake();
    expect(await commands.row(held)).toMatchObject({ state: 'withdrawn' });
    expect(await held.outcome).toMatchObject({ state: 'withdrawn' });
  });

  it('can’t use what was approved before', async () => {
    const held = await commands.hold();
    await commands.gateway.channel.close();
    await commands.gateway.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' });
    await commands.closeSession();
    commands.gateway.holds.heard({ kind: 'resync' });
    expect(await held.outcome).toMatchObject({ state: 'denied' });
    expect(await commands.row(held)).toMatchObject({ used_at: null });
  });

  it('says of what was approved at that moment that it did not run', async () => {
    const held = await commands.hold();
    await commands.gateway.channel.close();
    await commands.gateway.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' });
    held.cancel();
    await commands.gateway.holds.close();
    expect(await commands.seen(held)).toMatchObject({
      state: 'approved',
      stateReason: 'approved, but it was not waiting any more',
    });
  });
});

describe('what can’t be asked', () => {
  it('is what nobody can give: a ticket in the reason of the access', async () => {
    const needs = [{ kind: 'justify', ticket: true, policy: 'ticket', message: 'name a ticket' }] as const;
    await expect(commands.hold({ needs })).rejects.toMatchObject({
      code: 'policy_denied',
      message: 'name a ticket',
    });
  });

  it('is more than a person’s share', async () => {
    for (let n = 0; n < 50; n += 1) await commands.hold();
    await expect(commands.hold()).rejects.toMatchObject({ code: 'rate_limited' });
    commands.world.clock.advance(EXPIRY * 1000);
    await commands.hold();
  });

  it('is anything without the store', async () => {
    await commands.gateway.channel.close();
    await commands.world.db.destroy();
    await expect(commands.hold()).rejects.toMatchObject({ code: 'not_ready' });
    expect(commands.gateway.holds.size).toBe(0);
  });
});
