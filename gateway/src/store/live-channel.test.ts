import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { systemClock } from '../clock.ts';
import { type OpenDatabase, openDatabase } from './database.ts';
import { type ChangeListener, LiveChannel } from './live-channel.ts';

const logger = { warn: vi.fn(), info: vi.fn() };
let database: TestDatabase;
let store: OpenDatabase;
const open: LiveChannel[] = [];

async function openChannel(url = database.url): Promise<LiveChannel> {
  const channel = await LiveChannel.open({ url, clock: systemClock, logger, random: () => 0 });
  open.push(channel);
  return channel;
}

/** What a channel tells, to be awaited one by one. */
function hear(channel: LiveChannel) {
  const heard: Parameters<ChangeListener>[0][] = [];
  const waiting: ((change: Parameters<ChangeListener>[0]) => void)[] = [];
  channel.subscribe((change) => {
    const next = waiting.shift();
    if (next) next(change);
    else heard.push(change);
  });
  return () => {
    const first = heard.shift();
    return first
      ? Promise.resolve(first)
      : new Promise<Parameters<ChangeListener>[0]>((resolve) => waiting.push(resolve));
  };
}

beforeEach(async () => {
  database = await createTestDatabase();
  store = await openDatabase(database.url);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((channel) => channel.close()));
  await store.close();
  await database.drop();
});

describe('LiveChannel', () => {
  it('tells every gateway, in order', async () => {
    const [one, other] = [await openChannel(), await openChannel()];
    const [here, there] = [hear(one), hear(other)];
    await one.publish({ kind: 'grant', id: 'grt_1' }, store.db);
    await other.publish({ kind: 'configuration' }, store.db);
    for (const next of [here, there]) {
      expect(await next()).toEqual({ kind: 'grant', id: 'grt_1' });
      expect(await next()).toEqual({ kind: 'configuration' });
    }
  });

  it('tells when the transaction commits, and not at all when it does not', async () => {
    const channel = await openChannel();
    const next = hear(channel);
    const failing = store.db.transaction().execute(async (tx) => {
      await channel.publish({ kind: 'request', id: 'lost' }, tx);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await store.db.transaction().execute(async (tx) => {
      await channel.publish({ kind: 'request', id: 'inside' }, tx);
      await channel.publish({ kind: 'request', id: 'outside' }, store.db);
    });
    expect(await next()).toEqual({ kind: 'request', id: 'outside' });
    expect(await next()).toEqual({ kind: 'request', id: 'inside' });
  });

  it('keeps telling the others when one listener fails, and nobody who left', async () => {
    const channel = await openChannel();
    channel.subscribe(() => {
      throw new Error('broken listener');
    });
    const gone = vi.fn();
    channel.subscribe(gone)();
    const next = hear(channel);
    await channel.publish({ kind: 'session', id: 'a' }, store.db);
    expect(await next()).toEqual({ kind: 'session', id: 'a' });
    expect(gone).not.toHaveBeenCalled();
  });

  it('has everything read anew after word of something it does not know', async () => {
    const channel = await openChannel();
    const next = hear(channel);
    await sql`select pg_notify('drawbridge', '{"kind":"novelty"}')`.execute(store.db);
    await sql`select pg_notify('drawbridge', 'no json')`.execute(store.db);
    expect([await next(), await next()]).toEqual([{ kind: 'resync' }, { kind: 'resync' }]);
  });

  it('says that it is lost, comes back by itself, and then has everything read anew', async () => {
    const channel = await openChannel();
    const next = hear(channel);
    const lost = new Promise<string>((resolve) => channel.onLost(resolve));
    const restored = new Promise<void>((resolve) => channel.onRestored(resolve));
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'drawbridge-gateway live'`.execute(store.db);
    expect(await lost).not.toBe('');
    await restored;
    expect(channel.live).toBe(true);
    expect(await next()).toEqual({ kind: 'resync' });
    await channel.publish({ kind: 'grant', id: 'after' }, store.db);
    expect(await next()).toEqual({ kind: 'grant', id: 'after' });
  });

  describe('through a cable that can be cut', () => {
    let cable: Server;
    const sockets = new Set<Socket>();
    let cut = false;
    beforeEach(async () => {
      cut = false;
      const target = new URL(database.url);
      cable = createServer((near) => {
        if (cut) {
          near.destroy();
          return;
        }
        const far = connect(Number(target.port), target.hostname);
        for (const socket of [near, far]) {
          sockets.add(socket);
          socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
        }
        near.pipe(far).pipe(near);
      }).listen(0, '127.0.0.1');
      await once(cable, 'listening');
    });
    afterEach(async () => {
      for (const socket of sockets) socket.destroy();
      cable.close();
      await once(cable, 'close');
    });
    const viaCable = () => {
      const url = new URL(database.url);
      const address = cable.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      url.port = String(address.port);
      return url.href;
    };

    it('tries again until the store is back', async () => {
      const channel = await openChannel(viaCable());
      const lost = new Promise<string>((resolve) => channel.onLost(resolve));
      const restored = new Promise<void>((resolve) => channel.onRestored(resolve));
      cut = true;
      const refused = new Promise<void>((resolve) => {
        let attempts = 0;
        cable.on('connection', () => {
          attempts += 1;
          if (attempts === 2) resolve();
        });
      });
      for (const socket of sockets) socket.destroy();
      await lost;
      await refused;
      expect(channel.live).toBe(false);
      cut = false;
      await restored;
      expect(channel.live).toBe(true);
    });

    it('notices a connection that is silent', async () => {
      const tasks: (() => void)[] = [];
      const clock = {
        now: () => 0,
        after: (_ms: number, task: () => void) => {
          tasks.push(task);
          return () => undefined;
        },
      };
      const channel = await LiveChannel.open({ url: viaCable(), clock, logger, patience: 200 });
      open.push(channel);
      const lost = new Promise<string>((resolve) => channel.onLost(resolve));
      for (const socket of sockets) socket.unpipe().pause();
      tasks.shift()?.();
      expect(await lost).toMatch(/timeout/i);
      for (const socket of sockets) socket.destroy();
    });

    it('fails to open where there is no store', async () => {
      cut = true;
      await expect(LiveChannel.open({ url: viaCable(), clock: systemClock, logger })).rejects.toThrow();
    });
  });
});
