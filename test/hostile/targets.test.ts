import type { Socket } from 'node:net';
import type { DocumentInput, Session } from '@drawbridge/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FakeTarget, message, startFakeTarget, WELCOME, welcoming } from '../support/fake-target.ts';
import { SignedIn } from '../support/signed-in.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';
import { startTlsDatabase, type TlsDatabase } from '../support/tls-database.ts';

let world: TestDemo;
let alice: SignedIn;
let erin: SignedIn;
let secure: TlsDatabase;
const PASSWORD = 'the-password-that-stays-here';
const fakes: FakeTarget[] = [];
let count = 0;

beforeAll(async () => {
  [world, secure] = await Promise.all([startTestDemo(), startTlsDatabase()]);
  alice = await SignedIn.at(world.demo.url, 'alice');
  erin = await SignedIn.at(world.demo.url, 'erin');
});
afterEach(async () => {
  await alice.leave();
  for (const fake of fakes.splice(0)) await fake.close();
  const ready = await fetch(`${world.demo.url}/readyz`);
  expect(await ready.json()).toMatchObject({ ready: true });
});
afterAll(async () => {
  await world?.stop();
  await secure?.stop();
});

type Target = Extract<DocumentInput, { kind: 'Resource'; protocol: 'postgres' }>['target'];

/** A resource of its own with this target, which Alice has a grant for. */
async function resourceAt(target: Target): Promise<string> {
  count += 1;
  const name = `target-${count}`;
  const credential = { username: 'app', password: { value: PASSWORD } };
  const document: DocumentInput = {
    kind: 'Resource',
    name,
    protocol: 'postgres',
    labels: { env: 'staging' },
    target,
    profiles: { read: { credential, allow: ['sql.read', 'sql.session'] } },
  };
  await erin.api.call('apply', { body: { documents: [document] } });
  await alice.gets(name);
  return name;
}

async function fakeResource(
  serve: (socket: Socket) => void,
  tls: Target['tls'] = 'disable',
): Promise<string> {
  const fake = await startFakeTarget(serve);
  fakes.push(fake);
  return resourceAt({ host: '127.0.0.1', port: fake.port, database: 'x', tls });
}

interface Refusal extends Error {
  readonly code?: string;
  readonly severity?: string;
  readonly hint?: string;
}

/** What the client reads when it connects and, if it gets so far, runs a query. */
async function refusalBy(resource: string): Promise<Refusal> {
  const tunnel = await alice.tunnel(resource);
  const ended = alice
    .connect(tunnel, { connectionTimeoutMillis: 8000 })
    .then((client) => client.query('select 1'))
    .then(
      () => expect.fail('It worked.'),
      (error: Refusal) => error,
    );
  return ended;
}

async function lastSession(resource: string): Promise<Session | undefined> {
  const { sessions } = await alice.api.call('listSessions', { query: { resource } });
  return sessions[0];
}

/** The session is over, is booked as the target's fault, and is recorded. */
async function expectTargetError(resource: string, endCode = 'target_error'): Promise<void> {
  await expect
    .poll(() => lastSession(resource))
    .toMatchObject({ state: 'closed', endCode, recording: 'sealed' });
}

function expectNoSecrets(error: Refusal): void {
  const told = JSON.stringify([error, error.message, error.hint]);
  expect(told).not.toContain(PASSWORD);
  expect(told).not.toMatch(/127\.0\.0\.1|ECONN|certificate has|self.signed/);
  expect(world.log.some((line) => line.includes(PASSWORD))).toBe(false);
}

describe('a target that is not there', () => {
  it('is told of without its address', async () => {
    const gone = await startFakeTarget(() => undefined);
    await gone.close();
    const resource = await resourceAt({ host: '127.0.0.1', port: gone.port, database: 'x', tls: 'disable' });
    const error = await refusalBy(resource);
    expect(error).toMatchObject({
      code: '08001',
      severity: 'FATAL',
      message: `drawbridge: ${resource} can't be reached from the gateway`,
    });
    expectNoSecrets(error);
    await expectTargetError(resource);
  });

  it('is told of where its name leads nowhere', async () => {
    const resource = await resourceAt({ host: 'db.invalid', database: 'x', tls: 'disable' });
    expect(await refusalBy(resource)).toMatchObject({ code: '08001', severity: 'FATAL' });
    await expectTargetError(resource);
  });
});

describe('a target’s certificate', () => {
  const at = (tls: Target['tls'], ca: string, host = 'localhost') => {
    const { port } = new URL(secure.url);
    return resourceAt({ host, port: Number(port), database: 'postgres', tls, ca });
  };

  it.each([
    ['of another authority', () => at('verify-full', secure.foreign)],
    ['of another authority, whatever its name', () => at('verify-ca', secure.foreign)],
    ['for another host', () => at('verify-full', secure.cert, '127.0.0.1')],
  ])('%s is not trusted, and no password is sent', async (_name, resource) => {
    const name = await resource();
    const error = await refusalBy(name);
    expect(error).toMatchObject({
      code: '08001',
      severity: 'FATAL',
      message: `drawbridge: the certificate of ${name} can't be trusted`,
    });
    expectNoSecrets(error);
    await expectTargetError(name);
  });

  it('that is right lets the gateway as far as its credential', async () => {
    const name = await at('verify-full', secure.cert);
    const error = await refusalBy(name);
    expect(error).toMatchObject({
      code: '28000',
      message: `drawbridge: ${name} refused the gateway's credential`,
    });
    expectNoSecrets(error);
  });
});

describe('a target that is no PostgreSQL server', () => {
  const huge = (type: string) => {
    const head = Buffer.alloc(5);
    head.write(type, 0);
    head.writeUInt32BE(0x7fff_ffff, 1);
    return head;
  };

  it.each<[string, (socket: Socket) => void]>([
    ['speaks another protocol', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['sends garbage', (socket) => socket.write(Buffer.alloc(70_000, 0xa5))],
    ['hangs up at once', (socket) => socket.end()],
    ['resets the connection', (socket) => socket.resetAndDestroy()],
    ['claims a length of two gigabytes', (socket) => socket.write(huge('R'))],
    ['claims a length of nothing', (socket) => socket.write(Buffer.from('5200000000', 'hex'))],
    ['asks for the password in clear', (socket) => socket.write(message('R', 3))],
    ['asks for the password as MD5', (socket) => socket.write(message('R', 5, 'salt'))],
    ['asks for a method nobody knows', (socket) => socket.write(message('R', 99))],
    [
      'asks for SCRAM and skips its proof',
      (socket) => socket.write(Buffer.concat([message('R', 10, 'SCRAM-SHA-256\0\0'), message('R', 0)])),
    ],
    [
      'has another idea of what quotes are',
      (socket) => socket.write(Buffer.from(WELCOME.toString('latin1').replace('\0on\0', '\0no\0'), 'latin1')),
    ],
  ])('and %s is refused', async (_name, serve) => {
    const said: Buffer[] = [];
    const resource = await fakeResource((socket) => {
      socket.on('data', (data: Buffer) => said.push(data));
      serve(socket);
    });
    const error = await refusalBy(resource);
    expect(error).toMatchObject({ severity: 'FATAL', code: expect.stringMatching(/^08/) });
    expect(error.message).toContain(resource);
    expectNoSecrets(error);
    expect(Buffer.concat(said).toString('latin1')).not.toContain(PASSWORD);
    await expectTargetError(resource);
  });

  it('that has no TLS, or slips something in before it, is refused', async () => {
    for (const answer of ['N', 'Sxyz']) {
      const resource = await fakeResource(
        (socket) => socket.once('data', () => socket.write(answer)),
        'verify-full',
      );
      expect(await refusalBy(resource)).toMatchObject({
        code: expect.stringMatching(/^08/),
        severity: 'FATAL',
      });
      await expectTargetError(resource);
    }
  });

  it.each<[string, (socket: Socket) => void]>([
    ['garbage', (socket) => socket.write(Buffer.alloc(70_000, 0xa5))],
    ['a row of two gigabytes', (socket) => socket.write(huge('D'))],
    ['rows nobody asked for', (socket) => socket.write(message('D', Buffer.from('0001', 'hex'), 3, 'abc'))],
    [
      'a count of values that is not there',
      (socket) => socket.write(message('D', Buffer.from('7fff', 'hex'), 3, 'abc')),
    ],
    ['that copying both ways has begun', (socket) => socket.write(message('W', Buffer.alloc(3)))],
    ['nothing, and goes', (socket) => socket.end()],
  ])('and answers a query with %s ends that session', async (_name, answer) => {
    const resource = await fakeResource(welcoming((socket) => answer(socket)));
    const error = await refusalBy(resource);
    expect(error.message).toMatch(/drawbridge: |terminated/);
    expectNoSecrets(error);
    await expect.poll(() => lastSession(resource)).toMatchObject({ state: 'closed', recording: 'sealed' });
    expect((await lastSession(resource))?.endCode).toMatch(/^target_/);
  });
});

describe('a target that says nothing', () => {
  it('keeps nobody: the session ends with its client', async () => {
    const resource = await fakeResource(() => undefined);
    const tunnel = await alice.tunnel(resource);
    const client = alice.connect(tunnel, { connectionTimeoutMillis: 30_000 }).catch(() => undefined);
    await expect.poll(() => lastSession(resource)).toMatchObject({ state: 'live' });
    await tunnel.close();
    await client;
    await expect
      .poll(() => lastSession(resource))
      .toMatchObject({ state: 'closed', endCode: 'client_closed' });
  });

  it('does not outlive its grant', async () => {
    const resource = await fakeResource(() => undefined);
    const tunnel = await alice.tunnel(resource);
    const refused = alice
      .connect(tunnel, { connectionTimeoutMillis: 30_000 })
      .catch((error: Refusal) => error);
    await expect.poll(() => lastSession(resource)).toMatchObject({ state: 'live' });
    const { grants } = await alice.api.call('listGrants', { query: { state: 'active' } });
    const grant = grants.find((candidate) => candidate.resource === resource);
    await alice.api.call('revokeGrant', { params: { id: grant?.id ?? expect.fail('no grant') }, body: {} });
    const revoked = performance.now();
    expect(await refused).toMatchObject({ code: '57P01', severity: 'FATAL' });
    expect(performance.now() - revoked).toBeLessThan(1000);
    await expect
      .poll(() => lastSession(resource))
      .toMatchObject({ state: 'closed', endCode: 'grant_revoked' });
  });
});
