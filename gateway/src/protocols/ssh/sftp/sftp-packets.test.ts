import { once } from 'node:events';
import { type Duplex, duplexPair, PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PolicySession, type PolicySessionOptions } from '../../../../../test/support/policy-session.ts';
import {
  handleOf,
  NO_ATTRIBUTES,
  packet,
  packetsOf,
  RawSftp,
  statusOf,
  string,
  uint32,
  uint64,
} from '../../../../../test/support/raw-sftp.ts';
import { Reply, Request, Status } from './packet-type.ts';
import { type SftpEnd, SftpRelay } from './sftp-relay.ts';
import { SftpViolation } from './sftp-violation.ts';

const { init, open: OPEN, close: CLOSE, read: READ, write: WRITE, mkdir: MKDIR, stat: STAT } = Request;
const READING = uint32(1);
const VERSION = packet(Reply.version, uint32(3));
/** As ssh2 lets pile up in a channel. */
const MOST_IN_STREAM = 2 * 1024 * 1024;

interface World {
  readonly session: PolicySession;
  readonly failures: unknown[];
  readonly client: RawSftp;
  readonly target: RawSftp;
  /** Exit status that the client is given, and what it sees on stderr. */
  readonly seen: { exit: number | undefined; stderr: string };
  /** The target says how it ended; null where a signal ended it. */
  exit(code: number | null): void;
  readonly ended: Promise<SftpEnd>;
}

/** A relay with both ends in the test's hands. */
function start(options: PolicySessionOptions = {}): World {
  const session = new PolicySession(options);
  const failures: unknown[] = [];
  const [clientEnd, client] = duplexPair({ highWaterMark: MOST_IN_STREAM });
  const [targetEnd, target] = duplexPair({ highWaterMark: MOST_IN_STREAM });
  const seen: World['seen'] = { exit: undefined, stderr: '' };
  const stderr = new PassThrough();
  stderr.on('data', (chunk: Buffer) => {
    seen.stderr += chunk.toString();
  });
  for (const end of [clientEnd, targetEnd]) end.on('error', () => undefined);
  const channel = Object.assign(client, {
    stderr,
    exit: (status: number) => {
      seen.exit = status;
    },
  });
  const onFailure = (error: unknown) => failures.push(error);
  const relay = new SftpRelay({ session, channel: 1, client: channel, target, onFailure });
  return {
    session,
    failures,
    client: new RawSftp(clientEnd),
    target: new RawSftp(targetEnd),
    seen,
    exit: (code) => target.emit('exit', code),
    ended: relay.run(),
  };
}

/** After INIT and VERSION. */
async function begun(options: PolicySessionOptions = {}): Promise<World> {
  const world = start(options);
  world.client.send(packet(init, uint32(3)));
  await world.target.next();
  world.target.send(VERSION);
  await world.client.next();
  return world;
}

const namePacket = (id: number, path: string) =>
  packet(Reply.name, uint32(id), uint32(1), string(path), string(path), NO_ATTRIBUTES);
const statusPacket = (id: number, status: number) =>
  packet(Reply.status, uint32(id), uint32(status), string('said by the target'), string(''));

/** Has the target say where a path leads, and gives what the relay sends then. */
async function resolveTo(world: World, path: string): Promise<{ type: number; id: number }> {
  const lookup = await world.target.next();
  expect(lookup.type).toBe(Request.realpath);
  world.target.send(namePacket(lookup.id, path));
  return world.target.next();
}

/** Opens a file; the handle is `h`. */
async function opened(world: World, flags: Buffer = READING): Promise<void> {
  world.client.send(packet(OPEN, uint32(1), string('/f'), flags, NO_ATTRIBUTES));
  await resolveTo(world, '/f');
  world.target.send(packet(Reply.handle, uint32(1), string('h')));
  expect(handleOf(await world.client.next()).toString()).toBe('h');
}

/** The relay closes the client's side; everything it said before is read. */
async function closed(stream: Duplex): Promise<void> {
  stream.resume();
  if (!stream.readableEnded) await once(stream, 'end');
}

describe('SFTP packets', () => {
  it('begin with a version that both understand, and the extensions that the gateway does', async () => {
    const world = start();
    world.client.send(packet(init, uint32(6), string('vendor-id'), string('x')));
    expect(await world.target.next()).toMatchObject({ type: init, body: Buffer.alloc(0) });
    const known = [string('limits@openssh.com'), string('1')];
    const unknown = [string('run-command@example.com'), string('1')];
    world.target.send(packet(Reply.version, uint32(3), ...unknown, ...known));
    const version = await world.client.next();
    expect(Buffer.concat([version.body])).toEqual(Buffer.concat(known));
  });

  it('with handles that were never given are answered with no', async () => {
    const world = await begun();
    const { client, session } = world;
    const read = await client.ask(packet(READ, uint32(7), string('made-up'), uint64(0), uint32(10)));
    expect(read.id).toBe(7);
    expect(statusOf(read)).toEqual({
      status: Status.failure,
      message: 'drawbridge: the handle is of no file that is open',
    });
    await opened(world);
    client.send(packet(CLOSE, uint32(2), string('h')));
    expect((await world.target.next()).type).toBe(CLOSE);
    world.target.send(statusPacket(2, 0));
    await client.next();
    const late = await client.ask(packet(READ, uint32(8), string('h'), uint64(0), uint32(10)));
    expect(statusOf(late).status).toBe(Status.failure);
    expect(session.events('file').map(({ operation, decision }) => [operation, decision])).toEqual([
      ['read', 'deny'],
      ['open', 'allow'],
      ['close', 'allow'],
      ['read', 'deny'],
    ]);
  });

  it('of one chunk are one event and one write', async () => {
    const world = await begun();
    await opened(world, uint32(2));
    const writes: Buffer[] = [];
    const before = world.session.recorded.length;
    world.target.stream.on('data', (chunk: Buffer) => writes.push(chunk));
    const sent = [2, 3, 4].map((id) =>
      packet(WRITE, uint32(id), string('h'), uint64(0), string(Buffer.alloc(1000))),
    );
    world.client.send(...sent);
    await expect.poll(() => writes.length).toBe(1);
    expect(writes[0]).toEqual(Buffer.concat(sent));
    expect(world.session.recorded.slice(before)).toEqual([
      { type: 'file', channel: 1, operation: 'write', path: '/f', bytes: 3000, decision: 'allow' },
    ]);
  });

  it('of contents are recorded when they come, before the client has them', async () => {
    const world = await begun();
    await opened(world);
    world.client.send(packet(READ, uint32(2), string('h'), uint64(0), uint32(100)));
    await world.target.next();
    expect(world.session.events('file').map(({ operation }) => operation)).toEqual(['open']);
    world.session.diskFull = true;
    world.target.send(packet(Reply.data, uint32(2), string('secret')));
    await closed(world.client.stream);
    expect(world.failures).toEqual([expect.objectContaining({ name: 'RecordingFailed' })]);
    await expect(world.client.next()).rejects.toThrow('ended');
  });

  it('that policy refuses are explained where people see it, in words a terminal does not obey', async () => {
    const world = await begun({ allow: ['ssh.sftp.read'] });
    world.client.send(packet(MKDIR, uint32(1), string('d'), NO_ATTRIBUTES));
    const lookup = await world.target.next();
    world.target.send(namePacket(lookup.id, '/home/\u001b]52;c;eA==\u0007'));
    const { status, message } = statusOf(await world.client.next());
    expect(status).toBe(Status.permissionDenied);
    expect(message).toContain(
      "the ops profile of build-box doesn't allow ssh.sftp.write (make-directory /home/",
    );
    await expect.poll(() => world.seen.stderr).toBe(`${message}\n`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be there
    expect(message).not.toMatch(/[\u0000-\u001f]/);
  });

  it('with paths that can not be checked are refused', async () => {
    const world = await begun();
    const bad = [Buffer.from([0x2f, 0xff]), Buffer.from('/a\0b'), Buffer.alloc(5000, 'a')];
    for (const [id, path] of bad.entries()) {
      const reply = await world.client.ask(packet(STAT, uint32(id), string(path)));
      expect(statusOf(reply).status).toBe(Status.permissionDenied);
    }
    const flags = await world.client.ask(packet(OPEN, uint32(9), string('/a'), uint32(0x40), NO_ATTRIBUTES));
    expect(statusOf(flags).status).toBe(Status.unsupported);
    const extension = packet(Request.extended, uint32(10), string('run@example.com'), string('x'));
    expect(statusOf(await world.client.ask(extension)).status).toBe(Status.unsupported);
    // The target heard nothing of it: the next thing that comes is this.
    world.client.send(packet(Request.extended, uint32(11), string('limits@openssh.com')));
    expect((await world.target.next()).id).toBe(11);
    expect(world.session.events('file').map(({ decision }) => decision)).toEqual([
      ...Array.from({ length: 5 }, () => 'deny'),
      'allow',
    ]);
  });

  it('are refused where the target does not say where a path leads', async () => {
    const world = await begun();
    for (const answer of ['relative', '/a/../b', '']) {
      world.client.send(packet(STAT, uint32(1), string('/a')));
      const lookup = await world.target.next();
      world.target.send(namePacket(lookup.id, answer));
      expect(statusOf(await world.client.next()).status).toBe(Status.permissionDenied);
    }
  });

  describe('that the client gets wrong', () => {
    it.each([
      ['a request before INIT', [packet(STAT, uint32(1), string('/'))]],
      ['INIT of version 2', [packet(init, uint32(2))]],
      ['INIT twice', [packet(init, uint32(3)), packet(init, uint32(3))]],
      ['an unknown request', [packet(init, uint32(3)), packet(99, uint32(1), string('/'))]],
      ['a reply', [packet(init, uint32(3)), packet(Reply.data, uint32(1), string('x'))]],
      ['a request cut short', [packet(init, uint32(3)), packet(STAT, uint32(1), uint32(100))]],
      [
        'a request with more behind it',
        [packet(init, uint32(3)), packet(STAT, uint32(1), string('/'), uint32(0))],
      ],
      ['unknown attributes', [packet(init, uint32(3)), packet(MKDIR, uint32(1), string('/'), uint32(0x10))]],
      ['a length of 0', [packet(init, uint32(3)), uint32(0), Buffer.of(0)]],
      ['an endless request', [packet(init, uint32(3)), uint32(40_000), Buffer.of(STAT)]],
      ['an endless write', [packet(init, uint32(3)), uint32(300_000), Buffer.of(WRITE)]],
      [
        'an id twice',
        [packet(init, uint32(3)), packet(STAT, uint32(1), string('/')), packet(STAT, uint32(1), string('/'))],
      ],
    ])('end its channel, and nothing else: %s', async (_what, sent) => {
      const world = start();
      world.client.send(...sent);
      await closed(world.client.stream);
      expect(world.seen.exit).toBe(1);
      await expect.poll(() => world.seen.stderr).toMatch(/^drawbridge: .*SFTP/);
      expect(world.failures).toEqual([]);
      world.client.stream.end();
      expect(await world.ended).toMatchObject({ code: 1 });
    });
  });

  describe('that the target gets wrong', () => {
    it.each([
      ['a reply to nothing', statusPacket(5, 0)],
      ['an unknown reply', packet(77, uint32(1))],
      ['another reply than asked for', packet(Reply.attrs, uint32(2), NO_ATTRIBUTES)],
      ['more data than asked for', packet(Reply.data, uint32(2), string('12345'))],
      ['data cut short', packet(Reply.data, uint32(2), uint32(4))],
      ['an endless reply', Buffer.concat([uint32(300_000), Buffer.of(Reply.data)])],
      ['VERSION again', VERSION],
    ])('fail the session, and do not reach the client: %s', async (_what, reply) => {
      const world = await begun();
      await opened(world);
      world.client.send(packet(READ, uint32(2), string('h'), uint64(0), uint32(4)));
      await world.target.next();
      world.target.send(reply);
      await expect(world.client.next()).rejects.toThrow('ended');
      expect(world.failures).toEqual([expect.any(SftpViolation)]);
      expect(world.failures[0]).toMatchObject({ side: 'target' });
      expect((world.failures[0] as Error).message).toContain(
        "build-box answered in a way that can't be checked",
      );
    });

    it.each([
      ['another version', packet(Reply.version, uint32(6))],
      ['a reply before VERSION', statusPacket(1, 0)],
    ])('fail the session at the beginning: %s', async (_what, reply) => {
      const world = start();
      world.client.send(packet(init, uint32(3)));
      await world.target.next();
      world.target.send(reply);
      await expect(world.client.next()).rejects.toThrow('ended');
      expect(world.failures).toEqual([expect.any(SftpViolation)]);
    });

    it('is a handle that is open already', async () => {
      const world = await begun();
      await opened(world);
      world.client.send(packet(OPEN, uint32(2), string('/g'), READING, NO_ATTRIBUTES));
      await resolveTo(world, '/g');
      world.target.send(packet(Reply.handle, uint32(2), string('h')));
      await expect(world.client.next()).rejects.toThrow('ended');
      expect(world.failures).toEqual([expect.any(SftpViolation)]);
    });
  });

  it('wait for a slow client: the target is not read meanwhile', async () => {
    const world = await begun();
    await opened(world);
    const count = 400;
    const size = 32 * 1024;
    const requests = Array.from({ length: count }, (_, index) =>
      packet(READ, uint32(index + 2), string('h'), uint64(0), uint32(size)),
    );
    world.client.send(...requests);
    for (let seen = 0; seen < count; seen += 1) await world.target.next();
    const data = string(Buffer.alloc(size));
    let sent = 0;
    while (sent < count && !world.target.stream.writableNeedDrain) {
      world.target.send(packet(Reply.data, uint32(sent + 2), data));
      sent += 1;
      // As much as passes without anybody reading.
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(count);
    for (; sent < count; sent += 1) world.target.send(packet(Reply.data, uint32(sent + 2), data));
    for (let id = 2; id < count + 2; id += 1) expect((await world.client.next()).id).toBe(id);
  });

  it('wait for a target that does not answer: there are only so many', async () => {
    const world = await begun();
    await opened(world);
    const reads = Array.from({ length: 3000 }, (_, index) =>
      packet(READ, uint32(index + 2), string('h'), uint64(0), uint32(1)),
    );
    for (const read of reads) world.client.send(read);
    let seen = 0;
    for (; seen < 1024; seen += 1) await world.target.next();
    const more = world.target.next();
    world.target.send(statusPacket(2, 1));
    expect((await more).id).toBe(1026);
    for (let id = 3; id <= 1026; id += 1) world.target.send(statusPacket(id, 1));
    for (let id = 1027; id < 3002; id += 1) {
      expect((await world.target.next()).id).toBe(id);
      world.target.send(statusPacket(id, 1));
    }
    for (let id = 2; id < 3002; id += 1) expect((await world.client.next()).id).toBe(id);
  });

  it('that name files wait for each other, and all get their answer', async () => {
    const world = await begun({ policy: () => ({ verdict: 'deny', reason: 'no', policies: [] }) });
    const count = 300;
    for (let id = 0; id < count; id += 1) world.client.send(packet(STAT, uint32(id), string(`/${id}`)));
    world.client.stream.end();
    for (let id = 0; id < count; id += 1) {
      const lookup = await world.target.next();
      expect(lookup.body.subarray(4).toString()).toBe(`/${id}`);
      world.target.send(namePacket(lookup.id, `/${id}`));
      expect((await world.client.next()).id).toBe(id);
    }
    // Nothing is left to ask, so the target hears that there will be nothing more.
    await closed(world.target.stream);
    world.target.stream.end();
    await closed(world.client.stream);
    await world.ended;
  });

  it.each([
    [0, 0],
    [null, 255],
  ])('end with the exit status of the target: %s', async (code, status) => {
    const world = await begun();
    world.client.stream.end();
    await closed(world.target.stream);
    world.exit(code);
    world.target.stream.end();
    await closed(world.client.stream);
    expect(await world.ended).toEqual({ bytesIn: 9, bytesOut: 9, code: status });
    expect(world.seen.exit).toBe(status);
  });

  it('never get through unless they are known, whatever is sent', async () => {
    const known = new Set<number>(Object.values(Request));
    const request = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.integer({ min: 0, max: 255 }), fc.nat(5), fc.uint8Array({ maxLength: 40 }))
        .map(([type, id, body]) => packet(type, uint32(id), Buffer.from(body))),
      fc
        .tuple(fc.constantFrom(...known), fc.nat(5), fc.constantFrom('h', '/f', '..', 'limits@openssh.com'))
        .map(([type, id, text]) => packet(type, uint32(id), string(text))),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { maxLength: 12 }),
        fc.array(fc.nat(200), { maxLength: 6 }),
        async (all, cuts) => {
          const world = await begun();
          const bytes = Buffer.concat(all);
          const edges = [...new Set(cuts.map((cut) => Math.min(cut, bytes.length)))].sort((a, b) => a - b);
          const sent: Buffer[] = [];
          world.target.stream.on('data', (chunk: Buffer) => sent.push(chunk));
          for (const [index, from] of [0, ...edges].entries())
            world.client.stream.write(bytes.subarray(from, edges[index]));
          for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          const { packets, rest } = packetsOf(Buffer.concat(sent));
          expect(rest).toHaveLength(0);
          for (const { type } of packets) expect(known).toContain(type);
          expect(world.failures).toEqual([]);
          world.session.end('grant_revoked', 'enough');
          world.client.stream.destroy();
          await world.ended;
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of the target never get through unless they are what was asked for, whatever is sent', async () => {
    const reply = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(
          fc.constantFrom(...Object.values(Reply)),
          fc.integer({ min: 1, max: 4 }),
          fc.uint8Array({ maxLength: 30 }),
        )
        .map(([type, id, body]) => packet(type, uint32(id), Buffer.from(body))),
      fc.integer({ min: 2, max: 4 }).map((id) => statusPacket(id, 1)),
      fc.integer({ min: 2, max: 4 }).map((id) => packet(Reply.data, uint32(id), string('abc'))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(reply, { maxLength: 8 }), fc.nat(60), async (all, cut) => {
        const world = await begun();
        await opened(world);
        const ids = [2, 3, 4];
        world.client.send(...ids.map((id) => packet(READ, uint32(id), string('h'), uint64(0), uint32(8))));
        await Promise.all(ids.map(() => world.target.next()));
        const got: Buffer[] = [];
        world.client.stream.on('data', (chunk: Buffer) => got.push(chunk));
        const bytes = Buffer.concat(all);
        world.target.stream.write(bytes.subarray(0, cut));
        world.target.stream.write(bytes.subarray(cut));
        for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        const { packets, rest } = packetsOf(Buffer.concat(got));
        expect(rest).toHaveLength(0);
        expect(new Set(packets.map(({ id }) => id)).size).toBe(packets.length);
        for (const { type, id } of packets) {
          expect([Reply.status, Reply.data]).toContain(type);
          expect(ids).toContain(id);
        }
        for (const error of world.failures) expect(error).toBeInstanceOf(SftpViolation);
        world.session.end('grant_revoked', 'enough');
        world.client.stream.destroy();
        await world.ended;
      }),
      { numRuns: 200 },
    );
  });
});
