import type { DocumentInput, Grant, SessionEndCode } from '@drawbridge/contract';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { SignedIn } from '../support/signed-in.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';
import { busySession, deafSession, goneFrom, hungSession, idleSession } from '../support/watched-session.ts';

const RESOURCE = 'orders-staging';
/** What CONTROLS promise, in ms. */
const AT_ONCE = 1000;

let store: TestDatabase;
let database: pg.Client;
let world: TestDemo;
let target: pg.Client;
let bob: SignedIn;
let carol: SignedIn;
let erin: SignedIn;
/** Signs in anew for each test: some end her sign-in. */
let alice: SignedIn;
let documents: DocumentInput[];

beforeAll(async () => {
  store = await createTestDatabase();
  world = await startTestDemo({ DRAWBRIDGE_STORE_URL: store.url });
  database = new pg.Client(store.url);
  target = new pg.Client(world.demo.targetUrl('orders_staging'));
  await Promise.all([database.connect(), target.connect()]);
  const at = (name: string) => SignedIn.at(world.demo.url, name);
  [bob, carol, erin] = [await at('bob'), await at('carol'), await at('erin')];
  const reviewed: DocumentInput = {
    kind: 'Policy',
    name: 'dba-ends-staging',
    cedar: 'permit (principal in Group::"dba", action == Action::"session.terminate", resource);',
  };
  await erin.api.call('apply', { body: { documents: [reviewed] } });
  documents = (await erin.api.call('listDocuments', { query: {} })).documents as DocumentInput[];
});
beforeEach(async () => {
  alice = await SignedIn.at(world.demo.url, 'alice');
});
afterEach(() => alice.leave());
afterAll(async () => {
  await database?.end();
  await target?.end();
  await world?.stop();
  await store?.drop();
});

interface End {
  readonly code: SessionEndCode;
  readonly words: RegExp;
}

/**
 * Opens four sessions of one grant: idle, with a query that runs, with a target that hangs, and with a client that doesn't
 * read; ends them with one call; and looks whether each is over at the client, at the target and in the books within a
 * second of the answer.
 */
async function expectAllEnd(grant: Grant, end: () => Promise<unknown>, { code, words }: End): Promise<void> {
  const tunnel = await alice.tunnel(grant.resource);
  const idle = await idleSession(alice, tunnel);
  const busy = await busySession(alice, tunnel, target);
  const deaf = await deafSession(tunnel, target);
  const hung = await hungSession(alice, tunnel, target);
  const names = [idle.name, busy.name, deaf.name];
  try {
    await end();
    const answered = performance.now();
    const [gone, ...told] = await Promise.all([
      goneFrom(target, names),
      ...[idle, busy, hung].map(({ ended }) => ended),
    ]);
    for (const { at, error } of told) {
      expect(error).toMatchObject({ severity: 'FATAL', code: '57P01' });
      expect(error.message).toMatch(words);
      expect(error.message.startsWith(`drawbridge: access to ${grant.resource} ended: `)).toBe(true);
      expect(at - answered).toBeLessThan(AT_ONCE);
    }
    expect(gone - answered).toBeLessThan(AT_ONCE);
    await expect.poll(() => ends(grant)).toEqual([code, code, code, code]);
    // What it reads when it goes on is the rest of what was on its way, and then the end.
    await deaf.resume();
    hung.release();
    await goneFrom(target, [hung.name]);
  } finally {
    hung.release();
    deaf.close();
  }
}

/** How the sessions of a grant ended, in the gateway's books; each recording is sealed. */
async function ends(grant: Grant): Promise<string[]> {
  const { sessions } = await carol.api.call('listSessions', { query: { state: 'closed' } });
  return sessions
    .filter(({ grantId, recording }) => grantId === grant.id && recording === 'sealed')
    .map(({ endCode }) => endCode ?? '');
}

describe('access ends within a second', () => {
  it('when somebody revokes the grant', async () => {
    const grant = await alice.gets(RESOURCE);
    await expectAllEnd(
      grant,
      () => bob.api.call('revokeGrant', { params: { id: grant.id }, body: { reason: 'the work is done' } }),
      { code: 'grant_revoked', words: /grant revoked \(the work is done\)$/ },
    );
  });

  it('when its holder gives it back', async () => {
    const grant = await alice.gets(RESOURCE);
    await expectAllEnd(grant, () => alice.api.call('revokeGrant', { params: { id: grant.id }, body: {} }), {
      code: 'grant_revoked',
      words: /grant ended by its holder$/,
    });
  });

  it('when the grant expires', async () => {
    const grant = await alice.gets(RESOURCE);
    // A minute is the least that can be asked for; the store is told of five seconds from the first use.
    await database.query('update grants set duration = 5 where id = $1', [grant.id]);
    let expiresAt = Number.NaN;
    await expectAllEnd(
      grant,
      async () => {
        const active = await alice.api.call('getGrant', { params: { id: grant.id } });
        expiresAt = Date.parse(active.expiresAt ?? '');
        await expect
          .poll(() => Date.now(), { timeout: 10_000, interval: 5 })
          .toBeGreaterThanOrEqual(expiresAt);
      },
      { code: 'grant_expired', words: /grant expired$/ },
    );
    expect(await alice.api.call('getGrant', { params: { id: grant.id } })).toMatchObject({
      state: 'expired',
    });
  });

  it('when she signs out', async () => {
    const grant = await alice.gets(RESOURCE);
    await expectAllEnd(
      grant,
      async () => expect(await alice.api.call('signOut', { body: {} })).toEqual({ sessionsEnded: 4 }),
      { code: 'signed_out', words: /signed out$/ },
    );
    const again = await SignedIn.at(world.demo.url, 'alice');
    await again.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
  });

  it('when she signs out everywhere, from another computer', async () => {
    const grant = await alice.gets(RESOURCE);
    const elsewhere = await SignedIn.at(world.demo.url, 'alice');
    await expectAllEnd(grant, () => elsewhere.api.call('signOut', { body: { everywhere: true } }), {
      code: 'signed_out',
      words: /signed out$/,
    });
    const again = await SignedIn.at(world.demo.url, 'alice');
    await again.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
  });

  it('when somebody ends the sessions', async () => {
    const grant = await alice.gets(RESOURCE);
    await expectAllEnd(
      grant,
      async () => {
        const { sessions } = await carol.api.call('listSessions', { query: { state: 'live' } });
        expect(sessions).toHaveLength(4);
        await Promise.all(
          sessions.map(({ id }) =>
            carol.api.call('terminateSession', { params: { id }, body: { reason: 'wrong database' } }),
          ),
        );
      },
      { code: 'terminated', words: /ended by .*Carol.* \(wrong database\)$/ },
    );
    await alice.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
  });

  it('when policy changes and no longer allows it', async () => {
    const grant = await alice.gets(RESOURCE);
    const stop: DocumentInput = {
      kind: 'Policy',
      name: 'stop',
      cedar: 'forbid (principal, action == Action::"access.connect", resource in Label::"env:staging");',
    };
    await expectAllEnd(grant, () => erin.api.call('apply', { body: { documents: [stop] } }), {
      code: 'policy_changed',
      words: /policy changed and no longer allows it$/,
    });
    await erin.api.call('removeDocument', { params: { kind: 'Policy', name: 'stop' } });
    await alice.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
  });

  it('when the policy that allowed it is removed', async () => {
    const grant = await alice.gets(RESOURCE);
    const name = 'engineering-uses-staging';
    await expectAllEnd(grant, () => erin.api.call('removeDocument', { params: { kind: 'Policy', name } }), {
      code: 'policy_changed',
      words: /policy changed/,
    });
    const policy = documents.find((document) => document.name === name);
    await erin.api.call('apply', { body: { documents: [policy ?? expect.fail('It is not there.')] } });
    await alice.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
  });

  it('when the resource is removed, at last', async () => {
    const grant = await alice.gets(RESOURCE);
    await expectAllEnd(
      grant,
      () => erin.api.call('removeDocument', { params: { kind: 'Resource', name: RESOURCE } }),
      { code: 'resource_removed', words: /the resource was removed$/ },
    );
  });
});
