import { expect, test } from 'vitest';
import { accessRequest, commandReview, grant, person } from '../../gateway-client/test-support/objects.ts';
import { type TrayItem, type TrayView, trayFace, trayMenu } from './tray-menu.ts';

const now = Date.parse('2026-11-22T10:24:00.000Z');
const active = grant({ state: 'active', expiresAt: '2026-11-22T11:00:00.000Z' });
const view = (parts: Partial<TrayView> = {}): TrayView => ({
  now,
  connection: { status: 'online', since: '2026-11-22T10:00:00.000Z' },
  me: person('alice').id,
  requests: [],
  commandReviews: [],
  grants: [],
  resources: [],
  gateways: [{ id: 'g', name: 'Acme', url: 'https://gw.example' }],
  activeGateway: 'g',
  closing: undefined,
  ...parts,
});
const outline = (items: readonly TrayItem[]): unknown[] =>
  items.map((item) =>
    item.kind === 'separator'
      ? '—'
      : item.kind === 'menu'
        ? [item.label, ...outline(item.items)]
        : item.label,
  );

test('shows what is active with its time, what waits, and what is to review', () => {
  const bobs = accessRequest({
    principal: person('bob'),
    reviewable: true,
    resource: 'ledger-db',
    profile: 'write',
  });
  const mine = accessRequest({ resource: 'billing', createdAt: '2026-11-22T10:22:00.000Z' });
  const question = {
    sessions: [
      { kind: 'console' as const, resource: 'a', production: false, note: '' },
      { kind: 'terminal' as const, resource: 'b', production: true, note: '' },
    ],
    tunnels: [{ port: 1, note: '' }],
  };
  expect(
    outline(trayMenu(view({ grants: [active, grant()], requests: [bobs, mine], closing: question }))),
  ).toEqual([
    'Active now',
    ['orders-db, read: 36 min left', 'Open SQL console', 'Copy psql line', '—', 'End now'],
    ['orders-db, read: 30 min ready', 'Open SQL console', 'Copy psql line', '—', 'End now'],
    '—',
    'Waiting',
    ['billing, read: dba, 2 min', 'Open', 'Cancel the request'],
    '—',
    [
      'Review 1 approval',
      ['Bob Okafor: ledger-db, write, 30 min', '“INC-4821”', '—', 'Approve', 'Deny', 'Open'],
      '—',
      'Open approvals',
    ],
    'Request access…',
    'Open Drawbridge',
    '—',
    ['Gateway: Acme', 'Acme'],
    'Settings…',
    '—',
    'Quit Drawbridge…',
    'Closes 2 sessions and 1 tunnel',
  ]);
});

test('held statements come first, and count with the requests', () => {
  const short = commandReview({ principal: person('bob'), reviewable: true });
  const long = commandReview({ principal: person('bob'), reviewable: true, truncated: true });
  const mine = commandReview();
  const bobs = accessRequest({ principal: person('bob'), reviewable: true });
  const held = view({ commandReviews: [short, long, mine], requests: [bobs] });
  const menu = outline(trayMenu(held));
  expect(menu.slice(0, 4)).toEqual([
    'Waiting',
    ['orders-db, held: delete from orders where id = 6001', 'Open', 'Withdraw it'],
    '—',
    [
      'Review 3 approvals',
      [
        'Bob Okafor: held on orders-db, write',
        'delete from orders where id = 6001',
        '—',
        'Approve',
        'Deny',
        'Open',
      ],
      ['Bob Okafor: held on orders-db, write', 'delete from orders where id = 6001', '—', 'Open'],
      ['Bob Okafor: orders-db, read, 30 min', '“INC-4821”', '—', 'Approve', 'Deny', 'Open'],
      '—',
      'Open approvals',
    ],
  ]);
  expect(trayFace(held)).toMatchObject({ title: '3', tooltip: 'Drawbridge: 3 to review' });
});

test('says that a sign-in is needed, or since when the gateway is away', () => {
  expect(outline(trayMenu(view({ connection: { status: 'sign-in-needed', since: '' } })))[0]).toBe(
    'Sign in…',
  );
  expect(
    outline(
      trayMenu(view({ connection: { status: 'offline', reason: 'x', since: '2026-11-22T13:58:00.000Z' } })),
    )[0],
  ).toBe('Gateway out of reach since 13:58 UTC');
});

test('has a face for each state', () => {
  expect(trayFace(view())).toEqual({ tone: 'idle', title: '', tooltip: 'Drawbridge' });
  expect(trayFace(view({ grants: [active] }))).toMatchObject({ tone: 'active', title: '' });
  expect(trayFace(view({ grants: [active], now: Date.parse('2026-11-22T10:56:30.000Z') }))).toMatchObject({
    title: '4m',
  });
  const bobs = accessRequest({ principal: person('bob'), reviewable: true });
  expect(trayFace(view({ grants: [active], requests: [bobs] }))).toMatchObject({
    title: '1',
    tooltip: 'Drawbridge: 1 active, 1 to review',
  });
});

test('offers a terminal where a grant is for a host', () => {
  const resources = [{ name: 'orders-db', protocol: 'ssh' as const }];
  expect(outline(trayMenu(view({ grants: [active], resources })))[1]).toEqual([
    'orders-db, read: 36 min left',
    'Open terminal',
    'Copy ssh line',
    '—',
    'End now',
  ]);
});
