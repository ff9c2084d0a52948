import { join } from 'node:path';
import pg from 'pg';
import { root } from '../scripts/root.ts';
import type { Demo } from './demo.ts';
import type { Narrator } from './narrator.ts';
import type { Outcome, Person, Running } from './person.ts';

export interface MainJob {
  readonly demo: Pick<Demo, 'url' | 'targetUrl'>;
  readonly narrator: Narrator;
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly hasPsql: boolean;
}

const CHANGE = "update orders set status = 'cancelled' where id = 6001";
const CUSTOMERS = 'select id, full_name, email, phone, ssn from customers order by id limit 5';

/** From sign-in to a masked, recorded query, and to its end. @throws Disappointment where something isn't as promised. */
export async function mainJob(job: MainJob): Promise<void> {
  await signIn(job);
  await getAccess(job);
  await query(job);
  await refusals(job);
  await audit(job);
  await revoke(job);
  await hold(job);
  await whoChangedIt(job);
}

async function signIn({ narrator, demo, ...people }: MainJob): Promise<void> {
  narrator.chapter('Sign in at the identity provider');
  for (const person of [people.alice, people.bob, people.carol]) {
    narrator.command(person.name, [
      'npm',
      'run',
      '-s',
      'demo:signin',
      '--',
      person.name,
      '--gateway',
      demo.url,
    ]);
    const outcome = await person.signIn(demo.url);
    narrator.check(`${person.name} is signed in`, outcome.status === 0, outcome);
  }
}

async function getAccess(job: MainJob): Promise<void> {
  const { narrator, alice, bob } = job;
  narrator.chapter('Alice asks for production, Bob approves');
  await shown(job, alice, ['resources']);
  const connect = await shown(job, alice, ['connect', 'orders-db', ...psql(job, 'select 1')], 3);
  narrator.check('without a grant there is no way in', connect.status === 3, connect);
  const words = [
    'request',
    'orders-db',
    '--profile',
    'read',
    '--for',
    '30m',
    '--reason',
    'Refund for order 6001',
  ];
  const request = await asked<{ id: string; state: string }>(job, alice, words);
  narrator.check('her request waits for an approval', request.state === 'pending');
  const own = await shown(job, alice, ['approve', request.id], 1);
  narrator.check('she cannot approve it herself', own.stderr.includes('self_review'), own);
  await shown(job, bob, ['requests']);
  await shown(job, bob, ['approve', request.id]);
  const { grants } = await asked<{ grants: { resource: string; state: string }[] }>(job, alice, ['grants']);
  narrator.check(
    'she has a grant',
    grants.some(({ resource, state }) => resource === 'orders-db' && state === 'approved'),
  );
}

async function query(job: MainJob): Promise<void> {
  const { narrator, alice, demo } = job;
  narrator.chapter('Alice queries production with a plain client');
  const { stdout } = await shown(job, alice, ['connect', 'orders-db', ...psql(job, CUSTOMERS)]);
  const real = await personalData(demo);
  narrator.check(
    'she sees who it is about',
    real.names.every((name) => stdout.includes(name)),
  );
  narrator.check(
    'no social security number, e-mail address or telephone number left the gateway',
    !real.secrets.some((secret) => stdout.includes(secret)),
  );
}

async function refusals(job: MainJob): Promise<void> {
  const { narrator, alice } = job;
  narrator.chapter('What the grant does not cover is refused');
  for (const [claim, sql] of [
    ['a masked column cannot be read by a detour', "select full_name, 'x' || ssn from customers limit 1"],
    ['reading does not allow deleting', 'delete from orders where id = 6001'],
  ] as const) {
    const outcome = await shown(job, alice, ['connect', 'orders-db', ...psql(job, sql)], 1);
    narrator.check(claim, outcome.stderr.includes('drawbridge: '), outcome);
  }
}

async function audit(job: MainJob): Promise<void> {
  const { narrator, carol } = job;
  narrator.chapter('Carol, an auditor, reads and verifies what Alice did');
  await shown(job, carol, ['sessions']);
  const { sessions } = await asked<{ sessions: { id: string; startedAt: string; state: string }[] }>(
    job,
    carol,
    ['sessions'],
  );
  const first = sessions.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt))[0];
  narrator.check('the sessions are listed', first !== undefined);
  if (!first) return;
  const replay = await shown(job, carol, ['replay', first.id]);
  const { secrets } = await personalData(job.demo);
  narrator.check('the recording holds the query', replay.stdout.includes('customers'), replay);
  narrator.check(
    'and nothing that Alice did not see',
    !secrets.some((secret) => replay.stdout.includes(secret)),
  );
  const verify = await shown(job, carol, ['verify', first.id]);
  narrator.check('its chain and signature are valid', verify.status === 0, verify);
}

async function revoke(job: MainJob): Promise<void> {
  const { narrator, alice, bob } = job;
  narrator.chapter('Bob takes the access back while a query runs');
  const words = ['connect', 'orders-db', ...psql(job, "select 'running'", 'select pg_sleep(60)')];
  narrator.command(alice.name, ['drawbridge', ...words]);
  const session: Running = alice.open(words);
  await session.says('running');
  const { grants } = await asked<{ grants: { id: string; state: string }[] }>(job, alice, ['grants']);
  const active = grants.find(({ state }) => state === 'active');
  narrator.check('the grant is active', active !== undefined);
  if (!active) return;
  await shown(job, bob, ['revoke', active.id, '--reason', 'the refund is done']);
  const revoked = performance.now();
  const cut = await session.ended;
  narrator.say('In the terminal where her query ran:');
  narrator.output(cut.stdout + cut.stderr);
  narrator.check(
    'her query ended with the reason',
    cut.status !== 0 && cut.stderr.includes('drawbridge: '),
    cut,
  );
  narrator.check('within a second', performance.now() - revoked < 1000);
  const again = await shown(job, alice, ['connect', 'orders-db', ...psql(job, 'select 1')], 3);
  narrator.check('and there is no way in any more', again.status === 3, again);
}

async function hold(job: MainJob): Promise<void> {
  const { narrator, alice, bob } = job;
  narrator.chapter('Alice changes production: a DBA looks at each statement first');
  const reason = 'Order 6001 is cancelled by the customer';
  const words = ['request', 'orders-db', '--profile', 'write', '--for', '15m', '--reason', reason];
  const request = await asked<{ id: string }>(job, alice, words);
  await shown(job, bob, ['approve', request.id]);
  const policy = ['policy', 'test', '--resource', 'orders-db', '--profile', 'write', '--sql', CHANGE];
  const foretold = await shown(job, alice, policy);
  narrator.check(
    'policy says beforehand what it needs',
    foretold.stdout.includes('approval of dba'),
    foretold,
  );

  const approved = await heldUntil(job, async (held) => {
    await shown(job, bob, ['reviews', 'show', held]);
    await shown(job, bob, ['approve', held]);
  });
  narrator.check('Bob approves, and it runs', approved.status === 0, approved);
  const denied = await heldUntil(job, (held) =>
    shown(job, bob, ['deny', held, '--reason', 'once is enough']),
  );
  narrator.check(
    'the next one he denies: it does not run, and Alice reads why',
    denied.status !== 0 && denied.stderr.includes('once is enough'),
    denied,
  );
}

/** Has Alice send the change, somebody decide about it, and gives how it ended for her. */
async function heldUntil(job: MainJob, decide: (held: string) => Promise<unknown>): Promise<Outcome> {
  const { narrator, alice, bob } = job;
  const words = ['connect', 'orders-db', ...psql(job, CHANGE)];
  narrator.command(alice.name, ['drawbridge', ...words]);
  const session = alice.open(words);
  await session.says('drawbridge: held for approval of dba');
  const { reviews } = await asked<{ reviews: { id: string; state: string }[] }>(job, bob, ['reviews']);
  const waiting = reviews.find(({ state }) => state === 'pending');
  narrator.check('her statement is held, and Bob sees it', waiting !== undefined);
  await decide(waiting?.id ?? '');
  const outcome = await session.ended;
  narrator.say('In the terminal where it waited:');
  narrator.output(outcome.stdout + outcome.stderr);
  return outcome;
}

async function whoChangedIt({ narrator, ...job }: MainJob): Promise<void> {
  narrator.chapter('Carol asks who changed orders, and who approved it');
  const words = ['audit', 'uses', '--table', 'orders', '--action', 'sql.write', '--since', '1h'];
  const uses = await shown({ narrator, ...job }, job.carol, words);
  narrator.check(
    'it was Alice, and Bob approved',
    /alice/i.test(uses.stdout) && /bob/i.test(uses.stdout),
    uses,
  );
}

/** Runs a command, shows it with what it says, and checks how it ended. */
async function shown(
  { narrator }: MainJob,
  person: Person,
  words: readonly string[],
  status = 0,
): Promise<Outcome> {
  narrator.command(person.name, ['drawbridge', ...words]);
  const outcome = await person.drawbridge(words);
  narrator.output(outcome.stdout + outcome.stderr);
  if (outcome.status !== status) narrator.check(`that ends with exit status ${status}`, false, outcome);
  return outcome;
}

/** Runs a command with `--json` and reads its answer. */
async function asked<T>({ narrator }: MainJob, person: Person, words: readonly string[]): Promise<T> {
  narrator.command(person.name, ['drawbridge', ...words, '--json']);
  const outcome = await person.drawbridge([...words, '--json']);
  if (outcome.status !== 0) narrator.check('that succeeds', false, outcome);
  return JSON.parse(outcome.stdout) as T;
}

/** The words that run statements with a client nobody here wrote: psql, else node-postgres. */
function psql({ hasPsql }: MainJob, ...statements: readonly string[]): string[] {
  if (!hasPsql)
    return ['--', process.execPath, '--import', 'tsx', join(root, 'demo/query.ts'), ...statements];
  return ['--', 'psql', '-X', '-P', 'pager=off', ...statements.flatMap((statement) => ['-c', statement])];
}

/** What the query would show without the gateway, asked behind its back. */
async function personalData(demo: MainJob['demo']): Promise<{ names: string[]; secrets: string[] }> {
  const client = new pg.Client({ connectionString: demo.targetUrl('orders') });
  await client.connect();
  try {
    const { rows } = await client.query<{ full_name: string; email: string; phone: string; ssn: string }>(
      CUSTOMERS,
    );
    return {
      names: rows.map((row) => row.full_name),
      secrets: rows.flatMap((row) => [row.email, row.phone, row.ssn]),
    };
  } finally {
    await client.end();
  }
}
