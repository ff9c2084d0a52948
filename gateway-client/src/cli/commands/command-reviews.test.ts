import { expect, test, vi } from 'vitest';
import { useCli } from '../../../test-support/cli-harness.ts';
import { accessRequest, commandReview, person } from '../../../test-support/objects.ts';
import { signInTo } from '../../../test-support/temporary-home.ts';

const it = useCli();

/** Bob, with what the gateway has for him. */
async function bobWith(...reviews: ReturnType<typeof commandReview>[]) {
  await signInTo(it.home, it.gateway, 'bob');
  it.gateway.handlers.listCommandReviews = () => ({ reviews });
  it.gateway.handlers.listRequests = () => ({ requests: [] });
  it.gateway.handlers.getCommandReview = ({ params }) => reviews.find(({ id }) => id === params.id);
}
const bodies = (operation: string) =>
  it.gateway.calls
    .filter((call) => call.operation === operation)
    .map(({ body, params }) => ({ ...params, body }));

test('reviews lists what waits for the person: held statements, and requests', async () => {
  const held = commandReview({ reviewable: true, text: 'delete from\n  orders' });
  await bobWith(held, commandReview());
  const asked = accessRequest({ reviewable: true });
  it.gateway.handlers.listRequests = () => ({ requests: [asked, accessRequest()] });
  const { stdout } = await it.cli('reviews');
  expect(stdout).toContain('Held until you decide');
  expect(stdout).toMatch(
    new RegExp(
      `cmd_${held.id.slice(-8)}  Alice Moreau  orders-db \\(write\\)  ○ pending .* delete from orders\n`,
    ),
  );
  expect(stdout).toContain('Access asked for');
  expect(stdout).toContain(`Next: drawbridge reviews show cmd_${held.id.slice(-8)}`);
  expect(stdout.match(/^ {2}(cmd|req)_/gm)).toHaveLength(2);
  expect((await it.cli('reviews', '--all')).stdout.match(/^ {2}(cmd|req)_/gm)).toHaveLength(4);
  expect(JSON.parse((await it.cli('reviews', '--json')).stdout)).toMatchObject({
    reviews: [{ id: held.id }],
    requests: [{ id: asked.id }],
  });
});

test('reviews says that nothing waits', async () => {
  await bobWith();
  expect(await it.cli('reviews')).toMatchObject({ status: 0, stdout: 'Nothing waits for you.\n' });
});

test('reviews show has what is needed to decide, safe for a terminal', async () => {
  const held = commandReview({
    reviewable: true,
    text: 'delete from orders\nwhere note = $1 \u001b[2J',
    parameters: ['paid\u202e', null],
    estimatedRows: 1200,
    truncated: true,
    actions: ['a', 'b', 'c', 'd', 'e']
      .map((table) => ({ name: 'sql.write', object: `public.${table}` }))
      .concat([{ name: 'sql.read', object: 'public.orders' }]),
    votes: [
      { reviewer: person('bob'), verdict: 'approve', reason: 'fine', createdAt: '2026-11-22T10:01:00.000Z' },
    ],
  });
  await bobWith(held);
  const { stdout } = await it.cli('reviews', 'show', held.id.slice(-8));
  expect(stdout).toContain('○ pending  Alice Moreau on orders-db (write)');
  expect(stdout).toContain(held.id);
  expect(stdout).toMatch(/why +INC-4821/);
  expect(stdout).toMatch(
    /touches +sql\.write public\.a, public\.b, public\.c and 2 more\n +sql\.read public\.orders\n/,
  );
  expect(stdout).toMatch(/rows +about 1,200/);
  expect(stdout).toMatch(/needs +an approval from dba/);
  expect(stdout).toContain(
    "  delete from orders\n  where note = $1 \\e[2J\n\n  $1 = 'paid\\u{202e}'\n  $2 = null\n",
  );
  expect(stdout).toContain('An approval covers all of it.');
  expect(stdout).toContain('✓ Bob Okafor approved');
  expect(stdout).toContain(`Next: drawbridge approve cmd_${held.id.slice(-8)}`);
});

test('reviews show warns of a change of every row', async () => {
  const held = commandReview({ hasWhere: false });
  await bobWith(held);
  expect((await it.cli('reviews', 'show', held.id)).stdout).toContain('It has no WHERE: every row.');
});

test('approve and deny take what is held, by its shortened id', async () => {
  const held = commandReview({ reviewable: true });
  await bobWith(held);
  it.gateway.handlers.voteOnCommand = ({ body }) => ({
    ...held,
    state: (body as { verdict: string }).verdict === 'approve' ? 'approved' : 'denied',
  });
  const short = `cmd_${held.id.slice(-8)}`;
  expect(await it.cli('approve', held.id.slice(-8))).toMatchObject({
    status: 0,
    stdout: `✓ Approved: ${short} of Alice Moreau on orders-db runs.\n`,
  });
  expect(await it.cli('deny', short, '--reason', 'use staging')).toMatchObject({
    stdout: `✗ Denied: ${short} of Alice Moreau on orders-db does not run.\n`,
  });
  expect(bodies('voteOnCommand')).toEqual([
    { id: held.id, body: { verdict: 'approve' } },
    { id: held.id, body: { verdict: 'deny', reason: 'use staging' } },
  ]);
  expect(await it.cli('approve', short, '--for', '15m')).toMatchObject({ status: 2 });
  expect(await it.cli('approve', 'cmd_ffff0000')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('drawbridge reviews'),
  });
});

test('an approval that is not enough says what is still needed', async () => {
  const held = commandReview({ reviewable: true });
  await bobWith(held);
  it.gateway.handlers.voteOnCommand = () => held;
  expect((await it.cli('approve', held.id)).stdout).toContain('still needs an approval from dba');
});

test('withdraw and break-glass are for what one sent', async () => {
  const held = commandReview({ breakable: true });
  await bobWith(held);
  it.gateway.handlers.withdrawCommand = () => ({ ...held, state: 'withdrawn' });
  it.gateway.handlers.breakGlass = ({ body }) => ({
    ...held,
    state: 'approved',
    brokenGlass: { ...(body as { reason: string }), at: held.createdAt, told: ['security'] },
  });
  expect((await it.cli('reviews', 'show', held.id)).stdout).toContain('drawbridge break-glass');
  expect((await it.cli('withdraw', held.id)).stdout).toContain('is withdrawn');
  expect(await it.cli('break-glass', held.id)).toMatchObject({ status: 2 });
  const { stdout } = await it.cli('break-glass', held.id, '--reason', 'orders stand still');
  expect(stdout).toContain('goes ahead without approval. security is told, and the recording is marked.');
  expect(bodies('breakGlass')).toEqual([{ id: held.id, body: { reason: 'orders stand still' } }]);
});

test('reviews --watch shows each as it comes, and what became of it', async () => {
  const held = commandReview({ reviewable: true });
  const broken = commandReview({
    state: 'approved',
    brokenGlass: { reason: 'orders stand still', at: held.createdAt, told: ['security'] },
  });
  const asked = accessRequest({ reviewable: true });
  await bobWith(held);
  const streams = it.eventStreams();
  const watching = it.start('reviews', '--watch');
  await vi.waitFor(() => expect(watching.stdout()).toContain(held.text), { timeout: 10_000 });
  streams.send({ type: 'command-review', review: commandReview() });
  streams.send({ type: 'request', request: asked });
  streams.send({ type: 'command-review', review: broken });
  streams.send({ type: 'command-review', review: { ...held, estimatedRows: 3 } });
  streams.send({ type: 'command-review', review: { ...held, state: 'denied', reviewable: false } });
  await vi.waitFor(() => expect(watching.stdout()).toContain('✗ denied'));
  watching.child.kill('SIGINT');
  const { status, stdout } = await watching.done;
  expect(status).toBe(0);
  expect(stdout.match(/^○ pending {2}Alice Moreau on orders-db/gm)).toHaveLength(1);
  expect(stdout).toContain('○ pending  Alice Moreau asks for orders-db (read): INC-4821');
  expect(stdout).toContain('went ahead without approval');
  expect(stdout).toContain(`✗ denied  cmd_${held.id.slice(-8)} of Alice Moreau on orders-db\n`);
});
