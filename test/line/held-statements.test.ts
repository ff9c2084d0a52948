import type { CommandReview, RecordingEvent, Session } from '@drawbridge/contract';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NativeClients } from '../support/native-clients.ts';
import { readRecording } from '../support/read-recording.ts';
import { SignedIn } from '../support/signed-in.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';

/** Each statement that changes it waits for a DBA. */
const RESOURCE = 'orders-db';

let world: TestDemo;
let target: pg.Client;
let alice: SignedIn;
let bob: SignedIn;
let carol: SignedIn;
const programs = new NativeClients();

beforeAll(async () => {
  world = await startTestDemo();
  target = new pg.Client(world.demo.targetUrl('orders'));
  await target.connect();
  await target.query('create table public.held (id int primary key, state text)');
  await target.query(
    "insert into public.held select n, 'open' from generate_series(1, 1000) n; analyze public.held",
  );
  await target.query('grant select, insert, update, delete on public.held to public');
  const at = (name: string) => SignedIn.at(world.demo.url, name);
  [alice, bob, carol] = [await at('alice'), await at('bob'), await at('carol')];
  await alice.gets(RESOURCE, { profile: 'write', approvedBy: bob });
});

afterAll(async () => {
  await programs.end();
  await alice?.leave();
  await target?.end();
  await world?.stop();
});

const rows = async (): Promise<number> =>
  (await target.query<{ n: number }>('select count(*)::int as n from public.held')).rows[0]?.n ?? -1;

/** What waits for Bob with this text. */
async function waiting(text: string): Promise<CommandReview> {
  const look = async () => {
    const query = { scope: 'reviewable', state: 'pending' } as const;
    const { reviews } = await bob.api.call('listCommandReviews', { query });
    return reviews.find((review) => review.text === text);
  };
  await expect.poll(look, { timeout: 10_000 }).toBeDefined();
  const found = await look();
  if (found === undefined) throw new Error(`Nothing waits that says ${text}.`);
  return found;
}

const approve = (id: CommandReview['id']) =>
  bob.api.call('voteOnCommand', { params: { id }, body: { verdict: 'approve' } });
const deny = (id: CommandReview['id'], reason: string) =>
  bob.api.call('voteOnCommand', { params: { id }, body: { verdict: 'deny', reason } });

/** What the sealed recording of the last session with this name says. */
async function recorded(name: string): Promise<readonly RecordingEvent[]> {
  const look = async (): Promise<Session | undefined> => {
    const { sessions } = await carol.api.call('listSessions', { query: { limit: 100 } });
    return sessions.find((session) => session.clientName === name && session.recording === 'sealed');
  };
  await expect.poll(look, { timeout: 10_000 }).toBeDefined();
  const session = await look();
  if (session === undefined) throw new Error(`There is no session of ${name}.`);
  return (await readRecording(carol, session.id)).events;
}

const of = <T extends RecordingEvent['type']>(events: readonly RecordingEvent[], type: T) =>
  events.filter((event): event is Extract<RecordingEvent, { type: T }> => event.type === type);

describe('a statement that needs approval', () => {
  it('waits in psql, is shown with what it would touch, and runs once it is approved', async () => {
    const tunnel = await alice.tunnel(RESOURCE);
    const text = 'delete from public.held where id <= 100';
    const psql = programs.start(tunnel, 'psql', ['-X', '-c', text], { name: 'psql approved' });
    const review = await waiting(text);
    expect(review).toMatchObject({
      principal: { name: 'alice' },
      resource: RESOURCE,
      kind: 'statement',
      hasWhere: true,
      state: 'pending',
    });
    expect(review.actions).toContainEqual({ name: 'sql.write', object: 'public.held' });
    const estimated = async () => (await waiting(text)).estimatedRows;
    await expect.poll(estimated).toBeGreaterThan(80);
    expect(await estimated()).toBeLessThan(120);
    expect(await rows()).toBe(1000);

    await approve(review.id);
    const { status, stdout, stderr } = await psql.ended;
    expect(status).toBe(0);
    expect(stdout).toContain('DELETE 100');
    expect(stderr).toMatch(/^NOTICE: {2}drawbridge: held for .*dba.*\n/);
    expect(stderr).toContain(`drawbridge break-glass ${review.id}`);
    expect(await rows()).toBe(900);
    const events = await recorded('psql approved');
    expect(of(events, 'review')).toMatchObject([
      { state: 'pending', text, groups: ['dba'] },
      { state: 'approved', by: [{ name: 'bob' }] },
    ]);
    expect(of(events, 'statement').at(-1)).toMatchObject({ text, decision: 'allow', review: review.id });
  });

  it('fails with who denied it and why, and its connection and transaction are as after any error', async () => {
    const client = await alice.connect(await alice.tunnel(RESOURCE), { application_name: 'denied' });
    await client.query('begin');
    const text = 'update public.held set state = $1';
    const ran = client.query(text, ['gone']).catch((error: unknown) => error);
    const review = await waiting(text);
    expect(review).toMatchObject({ parameters: ['gone'], hasWhere: false });
    await deny(review.id, 'there is no condition');
    const error = await ran;
    expect(error).toMatchObject({ code: '42501', severity: 'ERROR' });
    expect((error as Error).message).toMatch(/Bob.*there is no condition/);
    await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    await client.query('rollback');
    expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
    await client.end();
    const events = await recorded('denied');
    expect(of(events, 'execute')[0]).toMatchObject({
      parameters: ['gone'],
      decision: 'deny',
      review: review.id,
    });
  });

  it('is withdrawn by Ctrl-C in psql', async () => {
    const tunnel = await alice.tunnel(RESOURCE);
    const text = 'delete from public.held where id = 200';
    const psql = programs.start(tunnel, 'psql', ['-X', '-c', text], { name: 'psql cancelled' });
    const review = await waiting(text);
    psql.signal('SIGINT');
    const { stderr } = await psql.ended;
    expect(stderr).toContain('canceling statement due to user request');
    const state = async () => (await bob.api.call('getCommandReview', { params: { id: review.id } })).state;
    await expect.poll(state).toBe('withdrawn');
    await expect(approve(review.id)).rejects.toMatchObject({ code: 'not_pending' });
  });

  it('goes ahead at once where its sender breaks the glass', async () => {
    const client = await alice.connect(await alice.tunnel(RESOURCE), { application_name: 'broken glass' });
    const text = 'delete from public.held where id = 300';
    const ran = client.query(text);
    const { id } = await waiting(text);
    const body = { reason: 'orders are being lost' };
    await alice.api.call('breakGlass', { params: { id }, body });
    expect(await ran).toMatchObject({ rowCount: 1 });
    await client.end();
    expect(of(await recorded('broken glass'), 'review').at(-1)).toMatchObject({
      state: 'approved',
      brokenGlass: true,
    });
  });

  it('is asked about anew each time, and for nobody else', async () => {
    const [one, other] = [await alice.tunnel(RESOURCE), await alice.tunnel(RESOURCE)];
    const clients = [await alice.connect(one), await alice.connect(other)];
    const text = "update public.held set state = 'seen' where id = 400";
    for (const client of [clients[0], clients[0], clients[1]]) {
      const ran = client?.query(text);
      await approve((await waiting(text)).id);
      expect(await ran).toMatchObject({ rowCount: 1 });
    }
  });

  it('leaves those that only read alone', async () => {
    const client = await alice.connect(await alice.tunnel(RESOURCE));
    expect((await client.query('select count(*)::int as n from public.held')).rows).toHaveLength(1);
  });

  it('is held for each of several clients of pgbench at once', async () => {
    const tunnel = await alice.tunnel(RESOURCE);
    const bench = programs.start(
      tunnel,
      'pgbench',
      ['-n', '-M', 'prepared', '-c', '3', '-t', '1', '-f', '-'],
      {
        input: "update public.held set state = 'bench' where id = 500;\n",
      },
    );
    const seen = new Set<string>();
    while (seen.size < 3) {
      const query = { scope: 'reviewable', state: 'pending' } as const;
      const { reviews } = await bob.api.call('listCommandReviews', { query });
      for (const { id, text } of reviews)
        if (text.includes('bench') && !seen.has(id)) {
          seen.add(id);
          await approve(id);
        }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { status, stdout } = await bench.ended;
    expect(status).toBe(0);
    expect(stdout).toContain('number of transactions actually processed: 3/3');
  });
});
