import type { Session } from '@drawbridge/contract';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LoggedTarget, startLoggedTarget } from '../support/logged-target.ts';
import { readRecording, statementsIn } from '../support/read-recording.ts';
import { type ScarceDisk, scarceDisk } from '../support/scarce-disk.ts';
import { SignedIn } from '../support/signed-in.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';

const RESOURCE = 'notes-db';
let disk: ScarceDisk;
let target: LoggedTarget;
let world: TestDemo;
let alice: SignedIn;
let carol: SignedIn;

beforeAll(async () => {
  [disk, target] = await Promise.all([scarceDisk(), startLoggedTarget(RESOURCE)]);
  world = await startTestDemo({ DRAWBRIDGE_RECORDING_DIR: disk.dir });
  const erin = await SignedIn.at(world.demo.url, 'erin');
  await erin.api.call('apply', { body: { documents: [target.resource] } });
  alice = await SignedIn.at(world.demo.url, 'alice');
  carol = await SignedIn.at(world.demo.url, 'carol');
  await alice.gets(RESOURCE, { profile: 'write', seconds: 3600 });
});
afterEach(() => alice.leave());
afterAll(async () => {
  await world?.stop();
  await target?.stop();
  await disk?.remove();
});

interface Refusal extends Error {
  readonly code?: string;
}
const failure = (query: Promise<unknown>): Promise<Refusal> =>
  query.then(
    () => expect.fail('It worked.'),
    (error: Refusal) => error,
  );
const sessions = async () =>
  (await carol.api.call('listSessions', { query: { resource: RESOURCE } })).sessions;
const session = (id: Session['id']) => carol.api.call('getSession', { params: { id } });

/** A client, and the id of its session. */
async function connect(): Promise<pg.Client & { readonly session: Session['id'] }> {
  const client = await alice.connect(await alice.tunnel(RESOURCE));
  const [newest] = await sessions();
  return Object.assign(client, { session: newest?.id ?? expect.fail('It has no session.') });
}

describe('a full disk under the recording', () => {
  let filling: Session['id'];
  afterEach(() => disk.free(world.demo.pids.gateway));

  it('keeps a statement that can’t be recorded from the target', async () => {
    const client = await connect();
    await disk.fill(world.demo.pids.gateway);
    // More than what is left of the file's last block.
    const statement = `insert into notes values (1, 'too long ${'x'.repeat(20_000)}')`;
    expect(await failure(client.query(statement))).toMatchObject({ code: '58030' });
    expect(target.heard('too long')).toEqual([]);
  });

  it('lets nothing through that can’t be recorded, and begins no session', async () => {
    const client = await connect();
    await client.query("insert into notes values (1, 'while there is room')");
    await disk.fill(world.demo.pids.gateway);
    // What still fits is recorded; the first that does not ends the session.
    let sent = 0;
    let refused: Refusal | undefined;
    while (refused === undefined && sent < 1000) {
      sent += 1;
      await client
        .query(`insert into notes values (${sent}, 'no room ${'x'.repeat(200)}')`)
        .catch((error: Refusal) => {
          refused = error;
        });
    }
    expect(refused).toMatchObject({
      code: '58030',
      message: "drawbridge: the session can't be recorded, so it ended",
    });
    // The one that ended it ran where it was its answer that did not fit any more. Whether all that ran is recorded is
    // asked below, once there is room to seal it.
    expect([sent - 1, sent]).toContain(target.heard('no room').length);
    expect(await failure(connect())).toMatchObject({ code: '58030' });
    expect(target.heard('while there is room')).toHaveLength(1);
    await expect
      .poll(() => session(client.session))
      .toMatchObject({ state: 'closed', endCode: 'recording_failed' });
    filling = client.session;
    const none = (await sessions())[0];
    expect(none).toMatchObject({ state: 'closed', endCode: 'recording_failed', recording: 'missing' });
    expect(JSON.stringify(await (await fetch(`${world.demo.url}/readyz`)).json())).toContain('"ready":true');
  });

  it('ends a session in the middle of a result, and the client saw nothing that is not recorded', async () => {
    const client = await connect();
    const seen: string[] = [];
    await disk.fill(world.demo.pids.gateway, 1024 * 1024);
    const query = client.query("select n, repeat('y', 1000) from generate_series(1, 2000000) n");
    client.connection.on('dataRow', (row: { fields: string[] }) => seen.push(row.fields[0] ?? ''));
    expect(await failure(query)).toMatchObject({ code: '58030' });
    await disk.free(world.demo.pids.gateway);
    await world.restart();
    const { events } = await readRecording(carol, client.session);
    const recorded = events.reduce((sum, event) => sum + (event.type === 'rows' ? event.count : 0), 0);
    expect(seen.length).toBeGreaterThan(0);
    expect(recorded).toBeGreaterThanOrEqual(seen.length);
  });

  it('serves again as soon as there is room, and seals at the next start what it could not', async () => {
    const client = await connect();
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect((await session(filling)).recording).toMatch(/^sealed/);
    const { events } = await readRecording(carol, filling);
    const texts = statementsIn(events).map(({ text }) => text);
    for (const statement of target.heard('no room')) expect(texts).toContain(statement);
  });
});

describe('kill -9 of the gateway', () => {
  it('loses nothing that reached the target, and seals what was left open at the next start', async () => {
    const simple = await connect();
    const prepared = await connect();
    const sleeping = await connect();
    let stop = false;
    const pump = async (statement: (n: number) => Promise<unknown>) => {
      for (let n = 0; !stop; n += 1) await statement(n);
    };
    const died = Promise.allSettled([
      pump((n) => simple.query(`insert into notes values (${n}, 'simple')`)),
      pump((n) =>
        prepared.query({ name: 'p', text: 'insert into notes values ($1, $2)', values: [n, 'prepared'] }),
      ),
      sleeping.query('select pg_sleep(5)'),
    ]);
    await expect.poll(() => target.heard("'simple'").length, { interval: 5 }).toBeGreaterThan(100);
    await expect.poll(() => target.heard('pg_sleep').length, { interval: 5 }).toBe(1);
    process.kill(world.demo.pids.gateway, 'SIGKILL');
    expect((await died).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    stop = true;
    await alice.leave();
    await world.restart();

    const statements = async (client: { readonly session: Session['id'] }) => {
      expect(await session(client.session)).toMatchObject({
        state: 'closed',
        endCode: 'gateway_crashed',
        recording: 'sealed-after-crash',
      });
      const { events, manifest } = await readRecording(carol, client.session);
      expect(manifest).toMatchObject({ crashed: true, endCode: 'gateway_crashed' });
      return statementsIn(events);
    };
    const simpleTexts = new Set((await statements(simple)).map(({ text }) => text));
    const heard = target.heard("'simple'");
    expect(heard.filter((statement) => !simpleTexts.has(statement))).toEqual([]);
    const runs = (await statements(prepared)).length;
    expect(runs).toBeGreaterThanOrEqual(target.heard('insert into notes values ($1, $2)').length);
    expect((await statements(sleeping)).map(({ text }) => text)).toEqual(['select pg_sleep(5)']);
    // The grant goes on where it was.
    expect((await (await connect()).query('select 2 as two')).rows).toEqual([{ two: 2 }]);
  });
});
