import { SQL_CREDIT, type SqlColumn, type SqlEvent, type SqlRequest } from '../../main/ipc/sql-port.ts';
import { encodeRows } from '../sql/rows/encode-rows.ts';
import { people as persons } from './people.ts';
import { at, held as heldReview } from './scene-objects.ts';
import { planSample, schemaSample } from './sql-samples.ts';

/** What the scripted statements wait for, as main would have it in its state. */
export const heldSample = heldReview(61, persons.alice, {
  resource: 'orders-db',
  breakable: true,
  expiresAt: at(4.9),
  createdAt: at(-0.1),
});
export const deniedSample = heldReview(62, persons.alice, {
  resource: 'orders-db',
  text: "UPDATE payments SET status = 'refunded'",
  hasWhere: false,
  state: 'denied',
  votes: [
    {
      reviewer: persons.bob,
      verdict: 'deny',
      reason: 'All of them? Name the rows.',
      createdAt: at(0),
    },
  ],
});

const column = (name: string, typeName: string, rule?: string): SqlColumn => ({
  name,
  typeOid: 25,
  typeName,
  ...(rule !== undefined && {
    masked: {
      rule,
      mask: name === 'email' ? ('email' as const) : ('last4' as const),
      column: `public.customers.${name}`,
    },
  }),
});
const columns: readonly SqlColumn[] = [
  column('id', 'int8'),
  column('placed_at', 'timestamptz'),
  column('full_name', 'text'),
  column('email', 'text', 'pii-email'),
  column('amount', 'numeric'),
  column('currency', 'bpchar'),
  column('card_number', 'text', 'payment-cards'),
  column('note', 'text'),
];
const people = [
  'Nadia Benali',
  'Tomás Herrera',
  'Ingrid Solberg',
  'Wei Zhang',
  'Amara Okoye',
  'Jonas Weber',
  'Priya Raman',
  'Luca Ferri',
  'Sofia Nilsson',
  'Kofi Mensah',
];
const domains = ['gmx', 'post', 'mail', 'corp', 'mail', 'gmx'];
const notes = [
  null,
  'leave at door',
  null,
  '',
  null,
  'gift wrap, no invoice in the parcel',
  null,
  '',
  'call before delivery',
];
const amounts = [
  '148.00',
  '39.90',
  '1204.50',
  '72.15',
  '18.00',
  '264.00',
  '9.99',
  '55.40',
  '880.00',
  '120.00',
];
const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

function row(index: number): (string | null)[] {
  const at = new Date(Date.UTC(2026, 2, 12, 14, 1, 52) - index * 23_000).toISOString();
  return [
    String(881_223 - index * 3),
    `${at.slice(0, 10)} ${at.slice(11, 19)}+00`,
    pick(people, index),
    `••••••@${pick(domains, index)}.example`,
    pick(amounts, index),
    pick(['EUR', 'EUR', 'NOK', 'EUR', 'GBP'], index),
    `•••••••••••• ${String((index * 7919 + 4417) % 10_000).padStart(4, '0')}`,
    pick(notes, index),
  ];
}

/** Plays the main process's end of a console, with the same credit: what its text says decides what comes. */
export function playConsole(port: MessagePort): void {
  let credit = SQL_CREDIT;
  let wake = () => {};
  let cancelled = false;
  const say = (event: SqlEvent) => port.postMessage(event);
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  async function rows(run: number, total: number, slow: boolean): Promise<void> {
    const started = performance.now();
    say({ type: 'columns', run, result: 0, columns });
    let sent = 0;
    let frames: Uint8Array = new Uint8Array();
    while (sent < total && !cancelled) {
      if (credit === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      if (cancelled) break;
      credit--;
      const count = Math.min(500, total - sent);
      // Made once for a large result, so that a measurement sees the console and not this script.
      if (total < 100_000 || sent === 0)
        frames = encodeRows(Array.from({ length: count }, (_, index) => row(sent + index)));
      say({ type: 'rows', run, result: 0, count, frames });
      sent += count;
      if (slow) await pause(20);
      else if (sent % 20_000 === 0) await pause(0);
    }
    const milliseconds = performance.now() - started;
    if (cancelled) {
      const error = {
        code: '57014',
        severity: 'ERROR',
        message: 'canceling statement due to user request',
        refused: false,
      };
      say({ type: 'error', run, error, milliseconds });
    } else say({ type: 'result', run, result: 0, tag: `SELECT ${total}`, rows: total, milliseconds });
    say({ type: 'done', run, milliseconds: total < 100_000 ? 84 : milliseconds, firstRow: 11 });
  }

  async function run(id: number, text: string): Promise<void> {
    cancelled = false;
    if (/stauts/.test(text)) {
      const error = {
        code: '42703',
        severity: 'ERROR',
        message: 'column "stauts" does not exist',
        hint: 'Perhaps you meant to reference the column "payments.status".',
        position: text.indexOf('stauts') + 1,
        refused: false,
      };
      say({ type: 'error', run: id, error, milliseconds: 3 });
      say({ type: 'done', run: id, milliseconds: 3 });
    } else if (/refund/i.test(text)) {
      // Waits for a reviewer who denies what has no WHERE, and is withdrawn by a cancel.
      const all = !/where/i.test(text);
      const { id: review } = all ? deniedSample : heldSample;
      const expiresAt = new Date(Date.now() + 292_000).toISOString();
      const held = { id: review, waitsFor: ['approval of dba'], expiresAt, breakable: !all };
      say({ type: 'held', held });
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (all) setTimeout(resolve, 300);
      });
      say({ type: 'held' });
      const error = {
        code: cancelled ? '57014' : '42501',
        severity: 'ERROR',
        message: cancelled ? 'withdrawn' : 'Bob Okafor denied it: All of them? Name the rows.',
        refused: true,
      };
      say({ type: 'error', run: id, error, milliseconds: 312 });
      say({ type: 'done', run: id, milliseconds: 312 });
    } else if (/delete|update|insert/i.test(text)) {
      const error = {
        code: '42501',
        severity: 'ERROR',
        message: "drawbridge: the read profile of orders-db doesn't allow sql.write on public.payments",
        refused: true,
      };
      say({ type: 'error', run: id, error, milliseconds: 2 });
      say({ type: 'done', run: id, milliseconds: 2 });
    } else if (/^explain/i.test(text)) {
      say({ type: 'columns', run: id, result: 0, columns: [column('QUERY PLAN', 'json')] });
      say({ type: 'rows', run: id, result: 0, count: 1, frames: encodeRows([[planSample]]) });
      say({ type: 'done', run: id, milliseconds: 5 });
    } else if (/begin/i.test(text)) {
      say({ type: 'transaction', state: 'open' });
      say({ type: 'notice', run: id, severity: 'NOTICE', message: 'a transaction is open now' });
      say({ type: 'result', run: id, result: 0, tag: 'BEGIN', rows: 0, milliseconds: 1 });
      say({ type: 'done', run: id, milliseconds: 1 });
    } else if (/revoke/i.test(text)) {
      void rows(id, 1_000_000, true);
      await pause(400);
      say({ type: 'closed', ended: true, message: 'access to orders-db ended: revoked by Bob Okafor' });
    } else await rows(id, /million/i.test(text) ? 1_000_000 : 12_480, /slow/i.test(text));
  }

  port.onmessage = ({ data }: MessageEvent<SqlRequest>) => {
    switch (data.type) {
      case 'schema':
        return say({ type: 'schema', tables: schemaSample });
      case 'run':
        return void run(data.run, data.text);
      case 'cancel':
        cancelled = true;
        return wake();
      case 'ack':
        credit++;
        return wake();
      case 'close':
        return port.close();
      default:
        data satisfies never;
    }
  };
  say({ type: 'ready', session: 'ses_019ce24c9b117c3fa0d15e6f7a8900b1', database: 'orders', server: '18.1' });
}
