import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SQL_CREDIT, type SqlEvent } from '../ipc/sql-port.ts';
import { SqlConnection } from './sql-connection.ts';

const message = (type: string, ...parts: (string | Buffer)[]): Buffer => {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)),
  );
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const int16 = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const columns = (...names: string[]) =>
  message(
    'T',
    int16(names.length),
    ...names.flatMap((name) => [name, int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]),
  );
const row = (text: string) => message('D', int16(1), int32(text.length), Buffer.from(text));
const failure = (severity: string, code: string, text: string, ...more: string[]) =>
  message('E', `S${severity}`, `V${severity}`, `C${code}`, `M${text}`, ...more, Buffer.from([0]));
const ready = (status = 'I') => message('Z', Buffer.from(status));

/** The tunnel's end: asks for the secret, greets, and answers queries as the test says. */
let server: Server;
let answer: (query: string, socket: Socket) => void;
const cancels: Buffer[] = [];
const startups: string[] = [];
const sockets: Socket[] = [];
let events: SqlEvent[];
let connection: SqlConnection;

function serve(socket: Socket): void {
  sockets.push(socket);
  socket.on('error', () => undefined);
  let bytes = Buffer.alloc(0);
  let started = false;
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (!started && bytes.length >= 8 && bytes.readInt32BE(4) === 80_877_102) return void cancels.push(bytes);
    if (!started && bytes.length >= 4 && bytes.length >= bytes.readInt32BE(0)) {
      started = true;
      startups.push(bytes.toString('utf8', 8, bytes.readInt32BE(0)));
      bytes = bytes.subarray(bytes.readInt32BE(0));
      socket.write(message('R', int32(3)));
    }
    while (started && bytes.length >= 5 && bytes.length >= 1 + bytes.readInt32BE(1)) {
      const end = 1 + bytes.readInt32BE(1);
      const text = bytes.toString('utf8', 5, end - 1);
      const type = String.fromCharCode(bytes[0] ?? 0);
      bytes = bytes.subarray(end);
      if (type === 'p' && text !== 'secret')
        socket.end(failure('FATAL', '28P01', 'drawbridge: wrong password'));
      else if (type === 'p')
        socket.write(
          Buffer.concat([
            message('R', int32(0)),
            message('S', 'server_version', '18.0'),
            message('S', 'drawbridge.session', 'ses_1'),
            message('K', int32(7), int32(42)),
            ready(),
          ]),
        );
      else if (type === 'Q') answer(text, socket);
      else if (type === 'X') socket.end();
    }
  });
}

const open = (secret = 'secret') => {
  const { port } = server.address() as AddressInfo;
  return new SqlConnection({
    dial: () => connect(port, '127.0.0.1'),
    user: 'drawbridge',
    database: 'orders',
    secret,
    send: (event) => events.push(event),
    isMasked: (_schema, _table, column) => column === 'ssn',
    now: () => performance.now(),
  });
};
const heard = <T extends SqlEvent['type']>(type: T) =>
  events.filter((event): event is Extract<SqlEvent, { type: T }> => event.type === type);
const until = (type: SqlEvent['type'], count = 1) =>
  vi.waitFor(() => expect(heard(type).length).toBeGreaterThanOrEqual(count), { timeout: 5000 });

beforeEach(async () => {
  events = [];
  answer = (_query, socket) => socket.write(Buffer.concat([message('C', 'SELECT 0'), ready()]));
  server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  connection.close();
  for (const socket of [...sockets.splice(0)]) socket.destroy();
  cancels.length = 0;
  startups.length = 0;
  await new Promise((resolve) => server.close(resolve));
});

test('greets, asks for the gateway’s own notes, and says when it is ready', async () => {
  connection = open();
  await until('transaction');
  expect(events).toEqual([
    { type: 'ready', session: 'ses_1', database: 'orders', server: '18.0' },
    { type: 'transaction', state: 'idle' },
  ]);
  expect(startups[0]).toContain('_pq_.drawbridge\u00001');
  expect(connection.activity).toBe('idle');
});

test('tells why it was turned away', async () => {
  connection = open('wrong');
  await until('closed');
  expect(heard('closed')).toEqual([{ type: 'closed', ended: false, message: 'wrong password' }]);
});

test('says what a statement waits for while it is held, and when it no longer is', async () => {
  const held = {
    id: 'cmd_01900000-0000-7000-8000-000000000001',
    waitsFor: ['approval of dba'],
    expiresAt: '2026-11-22T10:05:00.000Z',
    breakable: true,
  };
  answer = (_query, socket) => {
    const said = [JSON.stringify(held), '', '{"id":"x"}', 'not JSON'];
    socket.write(
      Buffer.concat([
        ...said.map((text) => message('S', 'drawbridge.held', text)),
        message('C', 'DELETE 1'),
        ready(),
      ]),
    );
  };
  connection = open();
  await until('transaction');
  connection.run(1, 'delete from orders where id = 6001');
  await until('done');
  // What isn't understood is no wait that anybody could act on.
  expect(heard('held')).toEqual([{ type: 'held', held }, ...Array(3).fill({ type: 'held' })]);
});

test('shows several results of one text, with the masks that belong to each', async () => {
  answer = (_query, socket) => {
    const masks = JSON.stringify([
      { index: 1, rule: 'customer-pii', mask: 'last4', column: 'public.customers.ssn' },
    ]);
    const bytes = [
      message('S', 'drawbridge.masks', masks),
      columns('id', 'ssn'),
      row('a'),
      row('b'),
      message('C', 'SELECT 2'),
    ];
    socket.write(Buffer.concat([...bytes, columns('x'), row('c'), message('C', 'SELECT 1'), ready()]));
  };
  connection = open();
  await until('transaction');
  connection.run(1, 'select 1; select 2');
  await until('done');
  expect(
    heard('columns').map(({ result, columns: named }) => [
      result,
      named.map(({ name, masked }) => [name, masked?.rule]),
    ]),
  ).toEqual([
    [
      0,
      [
        ['id', undefined],
        ['ssn', 'customer-pii'],
      ],
    ],
    [1, [['x', undefined]]],
  ]);
  expect(heard('rows').map(({ result, count }) => [result, count])).toEqual([
    [0, 2],
    [1, 1],
  ]);
  expect(Buffer.from(heard('rows')[0]?.frames ?? [])).toEqual(Buffer.concat([row('a'), row('b')]));
  // A port sends the buffer behind a view: it must hold nothing else.
  expect(heard('rows')[0]?.frames.buffer.byteLength).toBe(row('a').length * 2);
  expect(heard('result').map(({ tag, rows }) => [tag, rows])).toEqual([
    ['SELECT 2', 2],
    ['SELECT 1', 1],
  ]);
});

test('tells the gateway’s refusals from the database’s errors', async () => {
  answer = (query, socket) =>
    socket.write(
      Buffer.concat([
        query.startsWith('delete')
          ? failure('ERROR', '42501', 'drawbridge: the read profile doesn’t allow it', 'HAsk for write.')
          : failure('ERROR', '42601', 'syntax error', 'P8'),
        ready(),
      ]),
    );
  connection = open();
  await until('transaction');
  connection.run(1, 'delete from orders');
  await until('done', 1);
  connection.run(2, 'select nope');
  await until('done', 2);
  expect(heard('error').map(({ error }) => error)).toEqual([
    {
      code: '42501',
      severity: 'ERROR',
      message: 'the read profile doesn’t allow it',
      hint: 'Ask for write.',
      refused: true,
    },
    { code: '42601', severity: 'ERROR', message: 'syntax error', position: 8, refused: false },
  ]);
});

test('stops reading while the console is behind, and goes on when it has caught up', async () => {
  const big = 'x'.repeat(50_000);
  const total = 400;
  let written = 0;
  answer = (_query, socket) => {
    socket.write(columns('x'));
    const more = () => {
      while (written < total) {
        written += 1;
        if (!socket.write(row(big))) return void socket.once('drain', more);
      }
      socket.write(Buffer.concat([message('C', `SELECT ${total}`), ready()]));
    };
    more();
  };
  connection = open();
  await until('transaction');
  connection.run(1, 'select');
  await until('rows', SQL_CREDIT);
  // The sockets' own buffers take some more; then the sender stands still.
  let before = -1;
  await vi.waitFor(
    () => {
      const still = written === before;
      before = written;
      expect(still).toBe(true);
    },
    { interval: 100, timeout: 5000 },
  );
  expect(written).toBeLessThan(total);
  expect(heard('rows').length).toBeLessThanOrEqual(SQL_CREDIT + 1);
  let acknowledged = 0;
  await vi.waitFor(
    () => {
      while (acknowledged < heard('rows').length) {
        acknowledged += 1;
        connection.acknowledge();
      }
      expect(heard('done')).toHaveLength(1);
    },
    { interval: 1, timeout: 5000 },
  );
  expect(heard('rows').reduce((sum, { count }) => sum + count, 0)).toBe(total);
});

test('cancels with the key it was given, and doesn’t wait for a console that reads no more', async () => {
  const big = 'x'.repeat(60_000);
  answer = (_query, socket) => {
    socket.write(columns('x'));
    const stream = () => {
      while (cancels.length === 0) if (!socket.write(row(big))) return void setTimeout(stream, 5);
      socket.write(
        Buffer.concat([failure('ERROR', '57014', 'canceling statement due to user request'), ready()]),
      );
    };
    stream();
  };
  connection = open();
  await until('transaction');
  connection.run(1, 'select');
  await until('rows', SQL_CREDIT);
  connection.cancel();
  await until('done');
  expect(cancels[0]?.subarray(8)).toEqual(Buffer.concat([int32(7), int32(42)]));
  expect(heard('error')[0]?.error.code).toBe('57014');
});

test('follows the transaction, and refuses a second statement meanwhile', async () => {
  let finish = () => undefined as unknown;
  answer = (query, socket) => {
    finish = () => socket.write(Buffer.concat([message('C', 'BEGIN'), ready(query === 'begin' ? 'T' : 'E')]));
  };
  connection = open();
  await until('transaction');
  connection.run(1, 'begin');
  await vi.waitFor(() => expect(connection.activity).toBe('running'));
  connection.run(2, 'select 1');
  expect(heard('error')).toMatchObject([
    { run: 2, error: { code: '55000', message: 'another statement is still running' } },
  ]);
  await vi.waitFor(() => {
    finish();
    expect(heard('transaction')).toHaveLength(2);
  });
  expect(connection.activity).toBe('transaction');
});

test('says at once that the gateway ended the session, also in the middle of a query', async () => {
  answer = (_query, socket) =>
    socket.end(failure('FATAL', '57P01', 'drawbridge: access to orders-db ended: grant revoked'));
  connection = open();
  await until('transaction');
  connection.run(1, 'select pg_sleep(60)');
  await until('closed');
  expect(heard('error')).toHaveLength(1);
  expect(heard('done')).toHaveLength(1);
  expect(heard('closed')).toEqual([
    { type: 'closed', ended: true, message: 'access to orders-db ended: grant revoked' },
  ]);
  connection.run(2, 'select 1');
  expect(heard('error')[1]?.error.message).toBe('the connection is closed');
});

test('ends on bytes that are no protocol', async () => {
  answer = (_query, socket) => socket.write(Buffer.from([0x44, 0, 0, 0, 1, 9, 9]));
  connection = open();
  await until('transaction');
  connection.run(1, 'select 1');
  await until('closed');
  expect(heard('closed')[0]?.message).toContain('impossible length');
});

test('reads the schema, marks what is masked, and runs the statement that came meanwhile behind it', async () => {
  const cells = (...values: string[]) =>
    message(
      'D',
      int16(values.length),
      ...values.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]),
    );
  const queries: string[] = [];
  answer = (query, socket) => {
    queries.push(query);
    if (!query.includes('pg_class'))
      return void socket.write(Buffer.concat([columns('e'), message('C', 'SELECT 0'), ready()]));
    const tables = [
      columns('a'),
      cells('public', 'customers', 'r', '12000', 'id', 'bigint', 't'),
      cells('public', 'customers', 'r', '12000', 'ssn', 'text', 'f'),
      cells('public', 'v', 'v', '-1', 'x', 'text', 'f'),
      message('C', 'SELECT 3'),
    ];
    socket.write(
      Buffer.concat([...tables, columns('o'), cells('25', 'mood'), message('C', 'SELECT 1'), ready()]),
    );
  };
  connection = open();
  await until('transaction');
  connection.schema();
  connection.run(1, 'select now()');
  await until('done');
  expect(queries.map((query) => query.includes('pg_class'))).toEqual([true, false]);
  expect(heard('schema')).toEqual([
    {
      type: 'schema',
      tables: [
        {
          schema: 'public',
          name: 'customers',
          kind: 'table',
          rows: 12_000,
          columns: [
            { name: 'id', type: 'bigint', key: true, masked: false },
            { name: 'ssn', type: 'text', key: false, masked: true },
          ],
        },
        {
          schema: 'public',
          name: 'v',
          kind: 'view',
          columns: [{ name: 'x', type: 'text', key: false, masked: false }],
        },
      ],
    },
  ]);
  expect(heard('rows')).toEqual([]);
});
