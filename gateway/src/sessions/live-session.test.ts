import { DrawbridgeError, type RecordingEventInput, type Requirement } from '@drawbridge/contract';
import { beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../new-id.ts';
import type { Action, Decision, Needs } from '../policy/decision.ts';
import { RecordingFailed } from '../recording/recorder.ts';
import { LiveSession } from './live-session.ts';
import type { Reviewing, ReviewOutcome } from './reviewing.ts';
import type { Asked, Held } from './session.ts';

const WRITE: Action = { name: 'sql.write', object: 'public.orders', context: {} };
const HELD: Held = {
  kind: 'statement',
  text: 'delete from orders',
  exact: 'delete from orders',
  parameters: ['1'],
};
const DBA: Requirement = { kind: 'approve', count: 1, groups: ['dba'], policy: 'writes' };
const NEEDS: Needs = { verdict: 'needs', requirements: [DBA], policies: ['writes'] };
const review: Asked = {
  id: newId('cmd'),
  waitsFor: ['approval of dba'],
  expiresAt: '2026-01-01T00:05:00.000Z',
  breakable: false,
};
const BOB = { kind: 'user' as const, id: newId('usr'), name: 'bob', displayName: 'Bob' };
const approved: ReviewOutcome = { state: 'approved', by: [BOB], covers: () => true };

let recorded: RecordingEventInput[];
let signal: AbortSignal | undefined;
/** What policy says now, before and after people approved. */
let policy: (approved: boolean) => Decision;
/** What recording throws from now on. */
let broken: boolean;

beforeEach(() => {
  recorded = [];
  signal = undefined;
  broken = false;
  policy = (yes) => (yes ? { verdict: 'allow', policies: ['writes'] } : NEEDS);
});

async function begun(ask: Reviewing['ask']): Promise<LiveSession> {
  const session = new LiveSession({
    id: newId('ses'),
    principal: { ...BOB, provider: 'test', subject: 'alice', groups: [] },
    signInId: newId('sgn'),
    grantId: newId('grt'),
    profile: 'write',
    resource: {
      name: 'orders-db',
      protocol: 'postgres',
      labels: {},
      profiles: { write: { allow: ['sql.write'] } },
    } as never,
    rules: { columns: [], text: [] },
    clientAddress: undefined,
    clientKey: undefined,
    scope: undefined,
    policy: (_action, circumstances) => policy(circumstances.approved),
    decisionVersion: () => 1,
    reviewing: () => ({
      ask: (actions, needs, held, until) => {
        signal = until;
        return ask(actions, needs, held, until);
      },
      words: (state, _by, reason) => `${state}: ${reason}`,
    }),
    used: () => undefined,
    begin: async () => ({
      recorder: {
        record: (entries) => {
          if (broken) throw new RecordingFailed('no space left on device');
          recorded.push(...entries.map(({ event }) => event));
        },
        seal: () => Promise.reject(new Error('not here')),
      },
      credential: undefined as never,
    }),
  });
  await session.credential();
  return session;
}

const decided =
  (outcome: ReviewOutcome): Reviewing['ask'] =>
  async () => ({
    review,
    outcome: Promise.resolve(outcome),
  });

describe('what is held', () => {
  it('runs once it is approved, and both are recorded', async () => {
    const session = await begun(decided(approved));
    let asked: Asked | undefined;
    const answer = await session.hold([WRITE], NEEDS, HELD, {
      asked: (it) => {
        asked = it;
      },
    });
    expect(answer).toEqual({ verdict: 'allow', policies: ['writes'], review: review.id });
    expect(asked).toBe(review);
    expect(recorded).toEqual([
      {
        type: 'review',
        review: review.id,
        state: 'pending',
        text: HELD.text,
        parameters: ['1'],
        groups: ['dba'],
      },
      { type: 'review', review: review.id, state: 'approved', by: [BOB] },
    ]);
  });

  it('says why it is not approved', async () => {
    const session = await begun(
      decided({ state: 'denied', by: [BOB], reason: 'use staging', covers: () => false }),
    );
    expect(await session.hold([WRITE], NEEDS, HELD)).toEqual({
      verdict: 'deny',
      reason: 'denied: use staging',
      policies: ['writes'],
      review: review.id,
    });
  });

  it('marks the recording where glass was broken', async () => {
    const session = await begun(decided({ ...approved, by: [], reason: 'urgent', brokenGlass: true }));
    expect(await session.hold([WRITE], NEEDS, HELD)).toMatchObject({ verdict: 'allow' });
    expect(recorded[1]).toEqual({
      type: 'review',
      review: review.id,
      state: 'approved',
      reason: 'urgent',
      brokenGlass: true,
    });
  });

  it('does not run where policy forbids it by now', async () => {
    const session = await begun(decided(approved));
    policy = () => ({ verdict: 'deny', reason: 'frozen', policies: ['freeze'] });
    expect(await session.hold([WRITE], NEEDS, HELD)).toMatchObject({ verdict: 'deny', reason: 'frozen' });
  });

  it('does not run where policy asks others by now than those who approved', async () => {
    const asksSecurity: Needs = { ...NEEDS, requirements: [{ ...DBA, groups: ['security'] }] };
    const session = await begun(
      decided({
        ...approved,
        covers: (needs) => needs.every((need) => need.kind === 'approve' && need.groups.includes('dba')),
      }),
    );
    policy = (yes) => (yes ? { verdict: 'allow', policies: ['writes'] } : asksSecurity);
    expect(await session.hold([WRITE], NEEDS, HELD)).toMatchObject({
      verdict: 'deny',
      reason: expect.stringContaining('asks for more now'),
    });
  });

  it('does not run where nobody could be asked, and says why', async () => {
    const session = await begun(() => Promise.reject(new DrawbridgeError('not_ready', 'the store is away')));
    expect(await session.hold([WRITE], NEEDS, HELD)).toEqual({
      verdict: 'deny',
      reason: 'the store is away',
      policies: ['writes'],
    });
    expect(recorded).toEqual([]);
  });

  it('is withdrawn with its session, and by its client', async () => {
    const waiting: Reviewing['ask'] = async (_actions, _needs, _held, until) => ({
      review,
      outcome: new Promise((resolve) => {
        until.addEventListener('abort', () =>
          resolve({ state: 'withdrawn', by: [], reason: 'it ended', covers: () => false }),
        );
      }),
    });
    const session = await begun(waiting);
    const client = new AbortController();
    const cancelled = session.hold([WRITE], NEEDS, HELD, {
      signal: client.signal,
      asked: () => client.abort(),
    });
    expect(await cancelled).toMatchObject({ verdict: 'deny', reason: 'withdrawn: it ended' });
    const ended = session.hold([WRITE], NEEDS, HELD, {
      asked: () => {
        session.end('grant_revoked', 'access ended');
        // Its recording is sealed by then.
        broken = true;
      },
    });
    expect(await ended).toMatchObject({ verdict: 'deny', reason: 'withdrawn: it ended' });
    expect(signal?.reason).toEqual({ code: 'grant_revoked', message: 'access ended' });
  });

  it('does not run unrecorded: people are not left waiting for it', async () => {
    const session = await begun(decided(approved));
    broken = true;
    await expect(session.hold([WRITE], NEEDS, HELD)).rejects.toThrow(RecordingFailed);
    expect(signal?.aborted).toBe(true);
  });

  it('does not run where its approval can’t be recorded', async () => {
    const session = await begun(decided(approved));
    const hold = session.hold([WRITE], NEEDS, HELD, {
      asked: () => {
        broken = true;
      },
    });
    await expect(hold).rejects.toThrow(RecordingFailed);
  });
});
