import type {
  CommandReviewId,
  PrincipalRef,
  RecordedColumn,
  RecordingEventInput,
  RecordingHeader,
  Session,
} from '@drawbridge/contract';
import type { RecordingPortEvent } from '../../main/ipc/contract.ts';
import { encodeRows } from '../sql/rows/encode-rows.ts';
import { id } from './people.ts';

const startedAt = '2026-03-12T13:58:00.000Z';
const alice = { kind: 'user', id: 'usr_alice', name: 'alice', displayName: 'Alice Moreau' };
const bob = {
  kind: 'user',
  id: 'usr_bob',
  name: 'bob',
  displayName: 'Bob Okafor',
} as unknown as PrincipalRef;

const session = (id: string, more: object) =>
  ({
    id,
    grantId: 'grt_1',
    principal: alice,
    resource: 'orders-db',
    profile: 'read',
    protocol: 'postgres',
    state: 'closed',
    startedAt,
    endedAt: '2026-03-12T14:21:00.000Z',
    endCode: 'client_closed',
    statements: 8,
    refused: 1,
    rows: 12_489,
    bytesOut: 40_000,
    recording: 'sealed',
    may: { watch: false, terminate: false },
    ...more,
  }) as unknown as Session;

const shell = {
  resource: 'build-box',
  profile: 'shell',
  protocol: 'ssh',
  statements: 5,
  bytesOut: 12_504_000,
};
const live = { state: 'live', endedAt: undefined, endCode: undefined, recording: 'open' };
export const shellSample = session('ses_019ce24c9b117c3fa0d15e6f7a8900c1', shell);
export const liveShellSample = session('ses_019ce24c9b117c3fa0d15e6f7a8900c2', {
  ...shell,
  ...live,
  startedAt: new Date(Date.now() - 120_000).toISOString(),
  may: { watch: true, terminate: true },
});
export const unwatchableSample = session('ses_019ce24c9b117c3fa0d15e6f7a8900c3', {
  ...shell,
  ...live,
  principal: bob,
  startedAt: new Date(Date.now() - 600_000).toISOString(),
});

export const sessionSamples: readonly Session[] = [
  liveShellSample,
  unwatchableSample,
  shellSample,
  session('ses_019ce24c9b117c3fa0d15e6f7a8900b1', {}),
  session('ses_019ce24c9b117c3fa0d15e6f7a8900b2', {
    principal: bob,
    resource: 'ledger-db',
    profile: 'write',
    startedAt: '2026-03-12T11:02:00.000Z',
    endedAt: '2026-03-12T11:20:00.000Z',
    refused: 0,
    statements: 41,
    endCode: 'grant_expired',
    endReason: 'grant expired',
  }),
  session('ses_019ce24c9b117c3fa0d15e6f7a8900b3', {
    state: 'live',
    endedAt: undefined,
    endCode: undefined,
    recording: 'open',
    startedAt: '2026-03-11T09:30:00.000Z',
  }),
  session('ses_019ce24c9b117c3fa0d15e6f7a8900b4', {
    recording: 'sealed-after-crash',
    endCode: 'gateway_crashed',
    startedAt: '2026-03-10T09:30:00.000Z',
    endedAt: '2026-03-10T09:41:00.000Z',
  }),
];

const column = (name: string, type: string, rule?: string): RecordedColumn => ({
  name,
  type,
  format: 'text',
  ...(rule !== undefined && { masked: { rule, mask: 'email', column: `public.customers.${name}` } }),
});
const minute = 60_000;
const heldId = (number: number) => id('cmd', number) as CommandReviewId;
type Input = RecordingEventInput & { readonly at: number; readonly payload?: Uint8Array };

function statement(
  at: number,
  number: number,
  text: string,
  took: number,
  rows: (string | null)[][],
  columns: RecordedColumn[],
  tag: string,
): Input[] {
  const own = { statement: number };
  return [
    {
      at,
      type: 'statement',
      ...own,
      text,
      mode: 'simple',
      actions: ['sql.read'],
      tables: ['public.payments'],
      decision: 'allow',
    },
    ...(columns.length > 0 ? [{ at: at + took / 2, type: 'columns' as const, ...own, columns }] : []),
    ...(rows.length > 0
      ? [
          {
            at: at + took / 2,
            type: 'rows' as const,
            ...own,
            format: 'postgres.DataRow' as const,
            count: rows.length,
            payload: encodeRows(rows),
          },
        ]
      : []),
    { at: at + took, type: 'result', ...own, status: 'ok', tag, rows: rows.length },
  ];
}

const inputs: Input[] = [
  { at: 12, type: 'client', name: 'Drawbridge', database: 'orders', settings: {} },
  ...statement(
    3 * minute + 7_000,
    1,
    'SELECT id, status FROM payments WHERE order_id = 881204',
    4,
    [
      ['90217', 'captured'],
      ['90218', 'captured'],
      ['90219', 'refunded'],
    ],
    [column('id', 'int8'), column('status', 'payment_status')],
    'SELECT 3',
  ),
  ...statement(
    4 * minute + 33_000,
    2,
    'SELECT full_name, email\n  FROM customers\n WHERE id IN (41, 42, 43)',
    5,
    [
      ['Nadia Benali', '••••••@gmx.example'],
      ['Tomás Herrera', '••••••@post.example'],
      ['Wei Zhang', null],
    ],
    [column('full_name', 'text'), column('email', 'text', 'pii-email')],
    'SELECT 3',
  ),
  {
    at: 4 * minute + 50_000,
    type: 'review',
    review: heldId(1),
    state: 'pending',
    text: "UPDATE payments SET status = 'refunded', note = 'INC-4182' WHERE id = 90218",
    groups: ['dba'],
  },
  { at: 5 * minute + 1_000, type: 'review', review: heldId(1), state: 'approved', by: [bob] },
  ...statement(5 * minute + 2_000, 3, 'BEGIN', 1, [], [], 'BEGIN'),
  ...statement(
    5 * minute + 10_000,
    4,
    "UPDATE payments SET status = 'refunded', note = 'INC-4182' WHERE id = 90218",
    7,
    [],
    [],
    'UPDATE 1',
  ),
  ...statement(7 * minute + 20_000, 5, 'COMMIT', 2, [], [], 'COMMIT'),
  {
    at: 8 * minute,
    type: 'review',
    review: heldId(2),
    state: 'pending',
    text: 'DELETE FROM payments WHERE id = 90217;',
    groups: ['dba'],
  },
  {
    at: 9 * minute + 31_000,
    type: 'review',
    review: heldId(2),
    state: 'denied',
    by: [bob],
    reason: 'Mark it as refunded instead.',
  },
  {
    at: 9 * minute + 31_000,
    type: 'statement',
    statement: 6,
    text: 'DELETE FROM payments WHERE id = 90217;',
    mode: 'simple',
    actions: ['sql.write'],
    tables: ['public.payments'],
    decision: 'deny',
    reason: 'Bob Okafor denied it: Mark it as refunded instead.',
    review: heldId(2),
  },
  {
    at: 10 * minute,
    type: 'statement',
    statement: 7,
    text: 'SELECT stauts FROM payments',
    mode: 'simple',
    actions: ['sql.read'],
    tables: ['public.payments'],
    decision: 'allow',
  },
  {
    at: 10 * minute + 3,
    type: 'result',
    statement: 7,
    status: 'error',
    error: { code: '42703', severity: 'ERROR', message: 'column "stauts" does not exist' },
  },
  ...statement(
    11 * minute,
    8,
    'SELECT * FROM orders',
    84,
    Array.from({ length: 5000 }, (_, index) => [String(index), `order ${index}`]),
    [column('id', 'int8'), column('note', 'text')],
    'SELECT 5000',
  ),
  {
    at: 11 * minute + 44_000,
    type: 'end',
    code: 'client_closed',
    reason: 'the client closed the connection',
  },
];

/** Plays a recording down a port, as main streams it. */
export function playRecording(port: MessagePort, id: string): void {
  const say = (event: RecordingPortEvent) => port.postMessage(event);
  const header = {
    version: 1,
    session: id,
    grant: 'grt_1',
    gateway: 'gw_1',
    principal: alice,
    resource: 'orders-db',
    profile: 'read',
    protocol: 'postgres',
    reason: 'INC-4182: refund the double capture',
    approvedBy: [bob],
    startedAt,
    clientAddress: '127.0.0.1',
  } as unknown as RecordingHeader;
  say({ type: 'header', header });
  say({
    type: 'events',
    events: inputs.map(({ payload, ...event }, seq) => ({
      event: { ...event, seq },
      ...(payload && { payload }),
    })),
  });
  say({ type: 'end' });
}
