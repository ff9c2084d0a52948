import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  type Protocol,
  type RecordedColumn,
  type RecordingEventInput,
  RecordingHeader,
  RecordingKey,
  SessionId,
} from '@drawbridge/contract';
import {
  chainNext,
  chainStart,
  encodedEventBound,
  encodeEventInto,
  encodeManifest,
  encodeRecordingStart,
  MANIFEST_TYPE,
  recordedEventText,
} from '@drawbridge/contract/recording-chain';
import { newId, person } from './objects.ts';

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly jwk: RecordingKey;
}

export function signingKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  return {
    privateKey,
    jwk: RecordingKey.parse({ kty: 'OKP', crv: 'Ed25519', x, kid: 'test-key', alg: 'EdDSA', use: 'sig' }),
  };
}

type Entry = readonly [event: RecordingEventInput, payload?: Uint8Array];

/** A sealed recording of the given events, each 100 ms after the one before. */
export function sealedRecording(
  entries: readonly Entry[],
  key: SigningKey,
  session = SessionId.parse(newId('ses')),
  protocol: Protocol = 'postgres',
): Buffer {
  const header = RecordingHeader.parse({
    version: 1,
    session,
    grant: newId('grt'),
    gateway: newId('gw'),
    principal: person('alice'),
    resource: protocol === 'ssh' ? 'build-box' : 'orders-db',
    profile: 'read',
    protocol,
    reason: 'INC-4821',
    approvedBy: [person('bob')],
    startedAt: '2026-11-22T10:00:00.000Z',
  });
  const { bytes, json } = encodeRecordingStart(header);
  const parts: Uint8Array[] = [bytes];
  let head = chainStart(json);
  for (const [seq, [event, payload]] of entries.entries()) {
    const text = recordedEventText(event, seq, seq * 100);
    const buffer = Buffer.alloc(encodedEventBound(text, payload));
    const encoded = buffer.subarray(0, encodeEventInto(buffer, 0, text, payload));
    head = chainNext(head, encoded);
    parts.push(encoded);
  }
  const manifest = {
    version: 1,
    session,
    gateway: header.gateway,
    events: entries.length,
    head: head.toString('hex'),
    startedAt: header.startedAt,
    sealedAt: '2026-11-22T10:05:00.000Z',
    endCode: 'client_closed',
    crashed: false,
  };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'EdDSA', typ: MANIFEST_TYPE, kid: key.jwk.kid })}.${part(manifest)}`;
  parts.push(
    encodeManifest(`${signed}.${sign(null, Buffer.from(signed), key.privateKey).toString('base64url')}`),
  );
  return Buffer.concat(parts);
}

/** DataRow frames of text rows. */
function dataRows(rows: readonly (readonly (string | null)[])[]): Buffer {
  return Buffer.concat(
    rows.map((row) => {
      const cells = row.map((value) => {
        const bytes = value === null ? Buffer.alloc(0) : Buffer.from(value);
        const length = Buffer.alloc(4);
        length.writeInt32BE(value === null ? -1 : bytes.length);
        return Buffer.concat([length, bytes]);
      });
      const body = Buffer.concat(cells);
      const head = Buffer.alloc(7);
      head.write('D');
      head.writeUInt32BE(body.length + 6, 1);
      head.writeInt16BE(row.length, 5);
      return Buffer.concat([head, body]);
    }),
  );
}

const textColumn = (name: string, masked?: RecordedColumn['masked']): RecordedColumn => ({
  name,
  type: 'text',
  format: 'text',
  ...(masked ? { masked } : {}),
});

/** What Alice did: one query with a masked column, one refused statement, one error. */
export const aliceWork: readonly Entry[] = [
  [{ type: 'client', name: 'psql', database: 'orders', settings: {} }],
  [
    {
      type: 'statement',
      statement: 1,
      text: 'select full_name, ssn\nfrom customers',
      mode: 'simple',
      actions: ['sql.read'],
      tables: ['public.customers'],
      decision: 'allow',
    },
  ],
  [
    {
      type: 'columns',
      statement: 1,
      columns: [
        textColumn('full_name'),
        textColumn('ssn', { rule: 'customer-pii', mask: 'last4', column: 'public.customers.ssn' }),
      ],
    },
  ],
  [
    { type: 'rows', statement: 1, format: 'postgres.DataRow', count: 3 },
    dataRows([
      ['Zoë \u001b[31mLi', '•••••1234'],
      ['Ann', null],
      ['東京', '•••••9876'],
    ]),
  ],
  [{ type: 'result', statement: 1, status: 'ok', tag: 'SELECT 3', rows: 3 }],
  [
    {
      type: 'statement',
      statement: 2,
      text: 'drop table customers',
      mode: 'simple',
      actions: ['sql.ddl'],
      tables: ['public.customers'],
      decision: 'deny',
      reason: 'the profile read allows no sql.ddl',
      policies: ['read-only'],
    },
  ],
  [
    {
      type: 'result',
      statement: 2,
      status: 'error',
      error: { code: '42501', severity: 'ERROR', message: 'drawbridge: refused' },
    },
  ],
  [{ type: 'end', code: 'client_closed', reason: 'the client closed the connection' }],
];

const plain: { actions: string[]; decision: 'allow' } = { actions: [], decision: 'allow' };

/** What Alice did on a host: a refused and an allowed command, a shell that tries the clipboard, a file, a forward. */
export const aliceOnHost: readonly Entry[] = [
  [{ type: 'channel', channel: 1, kind: 'exec', command: 'uptime', ...plain }],
  [{ type: 'output', channel: 1, stream: 'stdout' }, Buffer.from('up 3 days\nload 0.1\nend')],
  [{ type: 'output', channel: 1, stream: 'stderr' }, Buffer.from('warned\n')],
  [{ type: 'exit', channel: 1, code: 0, bytesIn: 0, bytesOut: 28 }],
  [
    {
      type: 'channel',
      channel: 2,
      kind: 'exec',
      command: 'rm -rf /',
      actions: ['ssh.exec'],
      decision: 'deny',
      reason: 'nobody removes everything',
      policies: ['no-rm'],
    },
  ],
  [
    {
      type: 'channel',
      channel: 3,
      kind: 'shell',
      terminal: { term: 'xterm-256color', columns: 100, rows: 30 },
      ...plain,
    },
  ],
  [
    { type: 'output', channel: 3, stream: 'stdout' },
    Buffer.from('$ \u001b]52;c;ZXZpbA==\u0007\u001b[1mna\xc3', 'latin1'),
  ],
  [{ type: 'output', channel: 3, stream: 'stdout' }, Buffer.from('\xafve\u001b[0m\r\n', 'latin1')],
  [{ type: 'input', channel: 3 }, Buffer.from('sudo -i\r')],
  [{ type: 'input', channel: 3, withheld: 9 }],
  [{ type: 'exit', channel: 3, signal: 'HUP', bytesIn: 17, bytesOut: 40 }],
  [{ type: 'channel', channel: 4, kind: 'sftp', ...plain }],
  [{ type: 'file', channel: 4, operation: 'read', path: '/etc/hosts', bytes: 1234, decision: 'allow' }],
  [
    {
      type: 'file',
      channel: 4,
      operation: 'rename',
      path: '/a',
      to: '/b',
      decision: 'deny',
      reason: 'read only',
    },
  ],
  [
    {
      type: 'channel',
      channel: 5,
      kind: 'forward',
      destination: { host: 'db.internal', port: 5432 },
      ...plain,
    },
  ],
  [{ type: 'end', code: 'client_closed', reason: 'the client closed the connection' }],
];
