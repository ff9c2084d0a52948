import type { AuditEvent, AuditId, CommandReviewId, Use } from '@drawbridge/contract';
import { expect, test } from 'vitest';
import { useCli } from '../../../test-support/cli-harness.ts';
import { grant, newId, person, session } from '../../../test-support/objects.ts';
import { signInTo } from '../../../test-support/temporary-home.ts';

const it = useCli();
const bob = person('bob');
const carol = person('carol');

const { id: subject, requestId: request } = grant();
const held = newId('cmd') as CommandReviewId;

const event = (number: number): AuditEvent => ({
  id: `aud_00000000-0000-7000-8000-${String(number).padStart(12, '0')}` as AuditId,
  at: '2026-01-05T02:15:00.000Z',
  actor: bob,
  action: 'grant.revoked',
  subject,
  resource: 'orders-db',
  reason: `reason ${number}`,
  details: {},
});

const use: Use = {
  session: session().id,
  grant: subject,
  request,
  principal: person('alice'),
  resource: 'orders-db',
  profile: 'read',
  action: 'sql.read',
  object: 'public.customers',
  decision: 'allow',
  policies: ['reads'],
  count: 3,
  firstAt: '2026-01-05T02:15:07.000Z',
  lastAt: '2026-01-05T02:15:44.000Z',
  reason: 'INC-4821',
  approvedBy: [bob],
  reviews: [],
  reviewedBy: [],
  brokenGlass: false,
};

test('audit asks for what was named, and says what it is about', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  let asked: unknown;
  it.gateway.handlers.listAudit = ({ query }) => {
    asked = query;
    return { events: [event(1)], next: 'more' };
  };
  const { status, stdout } = await it.cli(
    ...['audit', '--resource', 'orders-db', '--who', 'bob', '--action', 'grant', '--limit', '1'],
    ...['--since', '2026-01-05T02:00:00Z', '--until', '2026-01-05T03:00:00Z'],
  );
  expect(status).toBe(0);
  expect(asked).toEqual({
    ...{ resource: 'orders-db', who: 'bob', action: 'grant', limit: '1' },
    ...{ since: '2026-01-05T02:00:00.000Z', until: '2026-01-05T03:00:00.000Z' },
  });
  expect(stdout).toMatch(/bob .*grant\.revoked .*orders-db grt_\w{8} .*reason 1/i);
  expect(stdout).toContain('--all');
});

test('audit --all follows the pages to the last', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  it.gateway.handlers.listAudit = ({ query }) => {
    const at = Number(query.cursor ?? 1);
    return { events: [event(at)], ...(at < 3 && { next: String(at + 1) }) };
  };
  const { stdout } = await it.cli('audit', '--all', '--json');
  expect(JSON.parse(stdout)).toEqual({ events: [event(1), event(2), event(3)] });
});

test('audit uses says who did it, under which grant, who approved it, and where to see it', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  let asked: unknown;
  it.gateway.handlers.listUses = ({ query }) => {
    asked = query;
    return {
      uses: [
        use,
        { ...use, decision: 'deny', reviews: [held], reviewedBy: [carol] },
        { ...use, approvedBy: [], brokenGlass: true },
      ],
    };
  };
  const { status, stdout } = await it.cli(
    ...['audit', 'uses', '--table', 'customers', '--at', '02:15', '--date', '2026-01-05'],
  );
  expect(status).toBe(0);
  const from = new Date(2026, 0, 5, 2, 15).getTime();
  expect(asked).toMatchObject({
    object: 'customers',
    since: new Date(from).toISOString(),
    until: new Date(from + 60_000).toISOString(),
  });
  expect(stdout).toMatch(
    /alice .*sql\.read .*orders-db public\.customers .*3 .*grt_\w{8} \(read\) .*bob .*INC-4821/i,
  );
  expect(stdout).toMatch(/sql\.read ✗ refused .*Bob Okafor \(access\), carol \(this\)/);
  expect(stdout).toMatch(/nobody, glass broken/);
  expect(stdout).toMatch(/drawbridge replay ses_\w{8}/);
});

test.each([
  [['audit', '--since', 'soon'], 'is no time'],
  [['audit', 'uses', '--date', '2026-01-05'], '--date is the day of --at'],
  [['audit', 'uses', '--at', '02:15', '--since', '1h'], '--at is one minute'],
  [['audit', 'uses', '--table', 'a', '--object', 'b'], 'Give one of them'],
])('%j is wrong usage, and says why', async (args, words) => {
  expect(await it.cli(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining(words) });
});

test('audit uses --json is the answer of the API', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  it.gateway.handlers.listUses = () => ({ uses: [use] });
  const { stdout } = await it.cli('audit', 'uses', '--json');
  expect(JSON.parse(stdout)).toEqual({ uses: [use] });
});
