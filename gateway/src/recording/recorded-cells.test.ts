import { decodeCell } from '@drawbridge/contract';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client(database.url);
  await client.connect();
  await client.query("set timezone to 'UTC'");
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** Values of each type, chosen where text forms have corners. */
const values: Record<string, string[]> = {
  bool: ['true', 'false'],
  int2: ['-32768', '7'],
  int4: ['-2147483648', '0'],
  int8: ['-9223372036854775808', '9007199254740993'],
  oid: ['4294967295'],
  float4: [
    '0',
    '-0',
    '1',
    '0.1',
    '123456',
    '1234567',
    '1e-4',
    '1e-5',
    '3.4028235e38',
    '1.1754944e-38',
    '1e-45',
    'NaN',
    '-Infinity',
    '16777216',
    '3.1415927',
  ],
  float8: [
    '0',
    '-0',
    '0.1',
    '123456789012345',
    '1e15',
    '1.5e15',
    '1e-4',
    '1.25e-5',
    '1.7976931348623157e308',
    '5e-324',
    'NaN',
    'Infinity',
    '-12.5',
    '100',
  ],
  numeric: [
    '0',
    '0.00',
    '-1',
    '1.10',
    '10000',
    '12345678901234567890.123456789',
    '0.0001',
    '0.00001234',
    '-0.5',
    '1e40',
    '1e-40',
    'NaN',
    'Infinity',
    '-Infinity',
    '9999.9999',
    '100000000',
  ],
  text: ['', 'größer 😀', 'a,b'],
  varchar: ['x'],
  bpchar: ['x  '],
  name: ['orders'],
  json: ['{"a": 1}'],
  jsonb: ['{"a": [1, null]}'],
  bytea: ['\\x', '\\x00ff'],
  uuid: ['01900000-0000-7000-8000-00000000000f'],
  date: [
    '2000-01-01',
    '1999-12-31',
    '0001-01-01',
    '0001-12-31 BC',
    '4713-01-01 BC',
    '2024-02-29',
    '1900-03-01',
    '5874897-12-31',
    'infinity',
    '-infinity',
  ],
  time: ['00:00:00', '24:00:00', '12:34:56.7', '23:59:59.999999'],
  timestamp: [
    '2000-01-01 00:00:00',
    '1999-12-31 23:59:59.999999',
    '0044-03-15 12:00:00 BC',
    '294276-12-31 23:59:59.5',
    'infinity',
    '2024-02-29 01:02:03.04',
  ],
  timestamptz: [
    '2024-07-01 12:00:00.123+00',
    '1969-12-31 23:59:59+00',
    '0001-01-01 00:00:00+00 BC',
    '-infinity',
  ],
};

it.each(Object.entries(values))('shows binary %s as PostgreSQL prints it', async (type, list) => {
  const { rows: functions } = await client.query<{ send: string }>(
    'select typsend::text as send from pg_type where oid = $1::regtype',
    [type],
  );
  for (const value of list) {
    const { rows } = await client.query<{ printed: string; sent: Buffer }>(
      `select $1::${type}::text as printed, ${functions[0]?.send}($1::${type}) as sent`,
      [value],
    );
    const row = rows[0];
    if (row === undefined) throw new Error('no row');
    // As a column a boolean is one letter and a `bpchar` keeps its blanks; casting to text changes both.
    const printed = type === 'bool' ? row.printed[0] : type === 'bpchar' ? value : row.printed;
    expect(decodeCell(row.sent, { type, format: 'binary' })).toBe(printed);
  }
});
