import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startFakeTarget } from '../../../../../test/support/fake-target.ts';
import { ManualClock } from '../../../../../test/support/manual-clock.ts';
import { sendMessage } from '../../../../../test/support/scripted-ssh-server.ts';
import { fails, failure, later, TargetBench } from '../../../../../test/support/target-bench.ts';
import { lengthed } from '../keys/public-key-line.ts';
import { SIGN_IN_TIMEOUT } from './dial-ssh-target.ts';
import { BANNER_TIMEOUT } from './open-transport.ts';

const AUTHENTICATION_BANNER = 53;

const bench = new TargetBench();
afterEach(() => bench.close());

/** In whichever way: one that writes then is told so by an error. */
const hungUp = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

/** Writes without end, as far as it is read. @returns how many bytes the other side took until it hung up. */
function flood(socket: Socket, chunk: Buffer): Promise<number> {
  const write = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', write);
  write();
  return hungUp(socket).then(() => socket.bytesWritten);
}

describe('a target that does not answer', () => {
  it('is not there', async () => {
    const target = await startFakeTarget(() => undefined);
    await target.close();
    await fails(bench.dial(target), 'unreachable');
  });

  it('connects and says nothing', async () => {
    const clock = new ManualClock();
    const arrived = later<Socket>();
    const dialled = bench.dial({ ...(await bench.raw(arrived.resolve)), clock });
    const socket = await arrived.promise;
    const closed = hungUp(socket.resume());
    const settled = vi.fn();
    dialled.then(settled, settled);
    await expect
      .poll(() => {
        clock.advance(BANNER_TIMEOUT);
        return settled.mock.calls.length;
      })
      .toBe(1);
    await fails(dialled, 'timeout');
    await closed;
  });

  it('stops after its identification', async () => {
    const clock = new ManualClock();
    const spoken = later<void>();
    const target = await bench.raw((socket) => {
      socket.write('SSH-2.0-OpenSSH_9.9\r\n');
      socket.once('data', () => spoken.resolve());
    });
    const dialled = bench.dial({ ...target, clock });
    await spoken.promise;
    clock.advance(SIGN_IN_TIMEOUT);
    await fails(dialled, 'timeout');
  });

  it('stops when it is asked to let the gateway in', async () => {
    const clock = new ManualClock(Date.now());
    const asked = later<void>();
    const dialled = bench.dial({ ...(await bench.scripted({ authenticate: () => asked.resolve() })), clock });
    await asked.promise;
    clock.advance(SIGN_IN_TIMEOUT);
    await fails(dialled, 'timeout');
  });

  it('hangs up in the middle', async () => {
    await fails(bench.dial(await bench.raw((socket) => socket.end('SSH-2.0-'))), 'lost');
    await fails(bench.dial(await bench.raw((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'))), 'lost');
    await fails(
      bench.dial(await bench.scripted({ authenticate: (_context, connection) => connection.end() })),
      'lost',
    );
  });
});

describe('a session that ends while its target is dialled', () => {
  const aborted = async (
    target: { readonly port: number; readonly hostKey?: string },
    when: Promise<Socket>,
  ) => {
    const controller = new AbortController();
    const dialled = bench.dial({ ...target, signal: controller.signal });
    const socket = await when;
    const closed = hungUp(socket.resume());
    controller.abort();
    await fails(dialled, 'ended');
    await closed;
  };

  it('closes a connection that is silent', async () => {
    const arrived = later<Socket>();
    await aborted(await bench.raw(arrived.resolve), arrived.promise);
  });

  it('closes a connection in the middle of sign-in', async () => {
    let socket: Socket | undefined;
    const asked = later<Socket>();
    const target = await bench.scripted({
      connected: (_connection, each) => {
        socket = each;
      },
      authenticate: () => asked.resolve(socket as Socket),
    });
    await aborted(target, asked.promise);
  });

  it('does not begin to dial when it is over already', async () => {
    const target = await bench.raw(() => undefined);
    await fails(bench.dial({ ...target, signal: AbortSignal.abort() }), 'ended');
    expect(target.connections).toBe(0);
  });
});

describe('a target that never stops talking', () => {
  it.each([
    ['in lines', Buffer.from('All your base are belong to us.\r\n'.repeat(500)), 'flood'],
    ['in one line', Buffer.alloc(16_384, 'x'), 'protocol'],
  ] as const)('before its identification, %s, is cut off', async (_what, chunk, reason) => {
    const taken = later<number>();
    const target = await bench.raw((socket) => taken.resolve(flood(socket, chunk)));
    await fails(bench.dial(target), reason);
    // What the kernel's buffers hold is on the way in any case; it is not the gigabyte.
    expect(await taken.promise).toBeLessThan(64 * 1024 * 1024);
  });

  it('is cut off when it floods between identification and sign-in', async () => {
    const message = Buffer.concat([
      Buffer.of(AUTHENTICATION_BANNER),
      lengthed(Buffer.alloc(30_000, 'x')),
      lengthed(Buffer.alloc(0)),
    ]);
    const closed = later<void>();
    const target = await bench.scripted({
      connected: (_connection, socket) => socket.once('close', () => closed.resolve()),
      authenticate: (_context, connection) => {
        for (let sent = 0; sent < 20; sent += 1) sendMessage(connection, message);
      },
    });
    await fails(bench.dial(target), 'flood');
    await closed.promise;
  });

  it('may greet before its identification, and come in pieces', async () => {
    const server = await bench.scripted();
    const target = await bench.raw((socket) => {
      const through = connect(server.port, '127.0.0.1');
      bench.onClose(() => void through.destroy());
      through.on('error', () => undefined).on('close', () => socket.destroy());
      socket.setNoDelay(true);
      socket.write('Welcome.\r\nBehave.\r\n');
      socket.pipe(through);
      through.once('data', (first: Buffer) => {
        for (const byte of first) socket.write(Buffer.of(byte));
        through.pipe(socket);
      });
    });
    await bench.dial({ ...target, hostKey: server.hostKey });
  });
});

describe('a target that talks nonsense', () => {
  it.each([
    ['another protocol', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', 'lost'],
    ['an old version', 'SSH-1.5-OpenSSH\r\n', 'protocol'],
    ['noise after its identification', `SSH-2.0-x\r\n${'\xff'.repeat(64)}`, 'protocol'],
    ['an empty packet', `SSH-2.0-x\r\n\0\0\0\x0c\x0b${'\0'.repeat(11)}`, 'lost'],
    ['a cut off KEXINIT', `SSH-2.0-x\r\n\0\0\0\x0c\x0a\x14${'\0'.repeat(10)}`, 'protocol'],
    ['an answer before the question', `SSH-2.0-x\r\n\0\0\0\x0c\x0a\x34${'\0'.repeat(10)}`, 'protocol'],
  ] as const)('%s', async (_what, said, reason) => {
    await fails(bench.dial(await bench.raw((socket) => socket.end(Buffer.from(said, 'latin1')))), reason);
  });

  it.each([
    ['a cut off message', Buffer.of(AUTHENTICATION_BANNER, 0, 0, 1, 0, 1)],
    ['a cut off refusal', Buffer.of(51, 0xff, 0xff, 0xff, 0xff)],
  ])('%s, encrypted', async (_what, message) => {
    const target = await bench.scripted({
      authenticate: (_context, connection) => sendMessage(connection, message),
    });
    await fails(bench.dial(target), 'protocol');
  });

  it('offers only what is broken', async () => {
    const { reason, message } = await failure(
      bench.dial(await bench.scripted({ config: { algorithms: { kex: ['diffie-hellman-group14-sha1'] } } })),
    );
    expect(reason).toBe('algorithms');
    expect(message).toContain('no secure key exchange, cipher or MAC in common');
  });
});
