import type { CommandReviewId } from '@drawbridge/contract';
import { afterEach, describe, expect, it } from 'vitest';
import type { SqlEvent, SqlRequest } from '../../../main/ipc/sql-port.ts';
import { encodeRows } from '../rows/encode-rows.ts';
import { cellText } from '../rows/grid-rows.ts';
import { type ConsolePort, SqlConsole } from './sql-console.ts';

/** The other end of a console, played by the test. */
class ScriptedPort implements ConsolePort {
  readonly asked: SqlRequest[] = [];
  onmessage: ConsolePort['onmessage'] = null;
  open = true;
  postMessage(request: SqlRequest): void {
    if (this.open) this.asked.push(request);
  }
  close(): void {
    this.open = false;
  }
  say(...events: SqlEvent[]): void {
    for (const data of events) this.onmessage?.(new MessageEvent('message', { data }));
  }
  count(type: SqlRequest['type']): number {
    return this.asked.filter((request) => request.type === type).length;
  }
}

const consoles: SqlConsole[] = [];
afterEach(() => {
  for (const console of consoles.splice(0)) console.dispose();
});

async function connected(limit = { rows: 1_000, bytes: 1_000_000 }) {
  const port = new ScriptedPort();
  const remembered: [string, boolean][] = [];
  const frames: (() => void)[] = [];
  const console = new SqlConsole({
    connect: async () => port,
    schedule: (notify) => frames.push(notify),
    now: () => 1_700_000_000_000,
    remember: (text, ok) => remembered.push([text, ok]),
    limit,
  });
  consoles.push(console);
  /** Lets a frame pass. */
  const frame = () => {
    for (const notify of frames.splice(0)) notify();
    return console.state;
  };
  await console.connect();
  port.say({ type: 'ready', session: 'ses_1', database: 'orders', server: '18.1' });
  frame();
  return { console, port, frame, frames, remembered };
}

const column = { name: 'n', typeOid: 23, typeName: 'int4' };
const rows = (run: number, from: number, count: number, result = 0): SqlEvent => ({
  type: 'rows',
  run,
  result,
  count,
  frames: encodeRows(Array.from({ length: count }, (_, index) => [String(from + index)])),
});

describe('SqlConsole', () => {
  it('asks for the schema once it is connected', async () => {
    const { port, console, frame } = await connected();
    expect(port.count('schema')).toBe(1);
    port.say({ type: 'schema', tables: [] });
    expect(frame()).toMatchObject({ connection: { status: 'ready', database: 'orders' }, schema: [] });
    expect(console.state.running).toBe(false);
  });

  it('takes rows without a notification each, and acknowledges each chunk', async () => {
    const { console, port, frame, frames } = await connected();
    expect(console.run('select')).toBe(true);
    frame();
    port.say({ type: 'columns', run: 1, result: 0, columns: [column] });
    for (let chunk = 0; chunk < 5; chunk++) port.say(rows(1, chunk * 100, 100));
    expect(frames).toHaveLength(1);
    expect(port.count('ack')).toBe(5);
    const [result] = frame().results;
    expect(result?.length).toBe(500);
    expect(result && cellText(result.rows, 321, 0)).toBe('321');
    port.say(
      { type: 'result', run: 1, result: 0, tag: 'SELECT 500', rows: 500, milliseconds: 12 },
      { type: 'done', run: 1, milliseconds: 12, firstRow: 3 },
    );
    expect(frame()).toMatchObject({
      running: false,
      log: [{ text: 'select', milliseconds: 12, firstRow: 3, outcome: { kind: 'ok', rows: 500 } }],
    });
  });

  it('runs one thing at a time', async () => {
    const { console } = await connected();
    expect(console.run('select 1')).toBe(true);
    expect(console.run('select 2')).toBe(false);
  });

  it('stops acknowledging at the limit until more is wanted', async () => {
    const { console, port, frame } = await connected({ rows: 200, bytes: 1_000_000 });
    console.run('select');
    port.say(
      { type: 'columns', run: 1, result: 0, columns: [column] },
      rows(1, 0, 100),
      rows(1, 100, 100),
      rows(1, 200, 100),
    );
    expect(port.count('ack')).toBe(1);
    expect(frame().paused).toBe(300);
    console.loadMore();
    expect(port.count('ack')).toBe(3);
    expect(frame().paused).toBeUndefined();
    port.say(rows(1, 300, 100));
    expect(frame().paused).toBe(400);
  });

  it('cancels while paused: drains the rest without keeping it', async () => {
    const { console, port, frame } = await connected({ rows: 100, bytes: 1_000_000 });
    console.run('select');
    port.say({ type: 'columns', run: 1, result: 0, columns: [column] }, rows(1, 0, 100));
    console.cancel();
    expect(port.count('cancel')).toBe(1);
    port.say(rows(1, 100, 100));
    expect(port.count('ack')).toBe(2);
    port.say(
      {
        type: 'error',
        run: 1,
        error: { code: '57014', severity: 'ERROR', message: 'canceling statement', refused: false },
        milliseconds: 5,
      },
      { type: 'done', run: 1, milliseconds: 5 },
    );
    const state = frame();
    expect(state.log.at(-1)?.outcome).toEqual({ kind: 'cancelled', rows: 100 });
    expect(state.results[0]?.length).toBe(100);
    expect(state.paused).toBeUndefined();
  });

  it('keeps the earlier result when the next statement is refused, and says so in the history', async () => {
    const { console, port, frame, remembered } = await connected();
    console.run('select');
    port.say({ type: 'columns', run: 1, result: 0, columns: [column] }, rows(1, 0, 3), {
      type: 'done',
      run: 1,
      milliseconds: 1,
    });
    console.run('delete');
    const error = { code: '42501', severity: 'ERROR', message: 'drawbridge: no', refused: true };
    port.say({ type: 'error', run: 2, error, milliseconds: 1 }, { type: 'done', run: 2, milliseconds: 1 });
    const state = frame();
    expect(state.results[0]?.length).toBe(3);
    expect(state.log.at(-1)?.outcome).toEqual({ kind: 'error', error });
    expect(remembered).toEqual([
      ['select', true],
      ['delete', false],
    ]);
  });

  it('shows several results of one run, and forgets those of the run before', async () => {
    const { console, port, frame } = await connected();
    console.run('select 0');
    port.say({ type: 'columns', run: 1, result: 0, columns: [column] }, rows(1, 0, 3), {
      type: 'done',
      run: 1,
      milliseconds: 1,
    });
    const before = frame().results[0];
    console.run('select 1; select 2');
    port.say(
      { type: 'columns', run: 2, result: 0, columns: [column] },
      rows(2, 0, 1),
      { type: 'columns', run: 2, result: 1, columns: [column] },
      rows(2, 0, 2, 1),
      { type: 'done', run: 2, milliseconds: 1 },
    );
    expect(frame().results.map(({ length }) => length)).toEqual([1, 2]);
    expect(before?.rows.store.length).toBe(0);
  });

  it('keeps a plan beside the results', async () => {
    const { console, port, frame } = await connected();
    console.run('explain (format json) select 1', 'explain', 'select 1');
    port.say(
      { type: 'columns', run: 1, result: 0, columns: [column] },
      { type: 'rows', run: 1, result: 0, count: 1, frames: encodeRows([['[{}]']]) },
      { type: 'done', run: 1, milliseconds: 1 },
    );
    expect(frame()).toMatchObject({ plan: { text: '[{}]', statement: 'select 1' }, results: [] });
  });

  it('says that the gateway ended the session while something ran, and keeps the rows', async () => {
    const { console, port, frame } = await connected();
    console.run('select');
    port.say({ type: 'columns', run: 1, result: 0, columns: [column] }, rows(1, 0, 3), {
      type: 'closed',
      ended: true,
      message: 'access to orders-db ended: revoked',
    });
    const state = frame();
    expect(state.connection).toEqual({
      status: 'closed',
      ended: true,
      message: 'access to orders-db ended: revoked',
      session: 'ses_1',
    });
    expect(state.log.at(-1)?.outcome).toEqual({ kind: 'lost' });
    expect(state.results[0]?.length).toBe(3);
    expect(console.run('select 2')).toBe(false);
  });

  it('takes a fatal error for the end of the connection, not for a refusal', async () => {
    const { console, port, frame } = await connected();
    console.run('select');
    const message = 'drawbridge: access to orders-db ended: revoked';
    port.say(
      {
        type: 'error',
        run: 1,
        error: { code: '57P01', severity: 'FATAL', message, refused: true },
        milliseconds: 9,
      },
      { type: 'done', run: 1, milliseconds: 9 },
      { type: 'closed', ended: true, message },
    );
    expect(frame()).toMatchObject({
      connection: { status: 'closed', message },
      log: [{ outcome: { kind: 'lost' } }],
    });
  });

  it('ends the connection when rows come in no known form', async () => {
    const { console, port, frame } = await connected();
    console.run('select');
    port.say(
      { type: 'columns', run: 1, result: 0, columns: [column] },
      { type: 'rows', run: 1, result: 0, count: 1, frames: new Uint8Array(9) },
    );
    expect(frame().connection).toMatchObject({ status: 'closed', ended: false });
    expect(port.open).toBe(false);
  });

  it('says why it could not connect', async () => {
    const refused = Object.assign(new Error('no access to orders-db'), {
      code: 'access_needed',
      hint: 'Ask for access.',
    });
    const console = new SqlConsole({
      connect: () => Promise.reject(refused),
      schedule: (notify) => notify(),
      now: () => 0,
      remember: () => {},
      limit: { rows: 1, bytes: 1 },
    });
    consoles.push(console);
    await console.connect();
    expect(console.state.connection).toEqual({
      status: 'failed',
      code: 'access_needed',
      message: 'no access to orders-db',
      hint: 'Ask for access.',
    });
  });

  it('says what it waits for while it is held, and remembers the review', async () => {
    const { console, port, frame } = await connected();
    console.run('delete from orders');
    const held = {
      id: 'cmd_01900000-0000-7000-8000-000000000001' as CommandReviewId,
      waitsFor: ['approval of dba'],
      expiresAt: '2026-11-22T10:05:00.000Z',
      breakable: false,
    };
    port.say({ type: 'held', held });
    expect(frame()).toMatchObject({ held, log: [{ review: held.id }] });
    port.say({ type: 'held' });
    expect(frame().held).toBeUndefined();
    port.say({ type: 'held', held });
    console.cancel();
    expect(port.count('cancel')).toBe(1);
    const error = { code: '57014', severity: 'ERROR', message: 'withdrawn', refused: true };
    port.say({ type: 'error', run: 1, error, milliseconds: 5 }, { type: 'done', run: 1, milliseconds: 5 });
    expect(frame()).toMatchObject({ running: false, log: [{ outcome: { kind: 'cancelled' } }] });
    expect(console.state).not.toHaveProperty('held');
  });

  it('waits for nothing any more once the connection is gone', async () => {
    const { console, port, frame } = await connected();
    console.run('delete from orders');
    const held = { id: 'cmd_1' as CommandReviewId, waitsFor: [], expiresAt: '', breakable: false };
    port.say({ type: 'held', held }, { type: 'closed', ended: true, message: 'revoked' });
    expect(frame()).not.toHaveProperty('held');
  });
});
