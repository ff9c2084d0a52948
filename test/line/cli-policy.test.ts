import { type AccessExplanation, api } from '@drawbridge/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cli } from '../support/cli.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';

let world: TestDemo;
let alice: Cli;
let carol: Cli;
let erin: Cli;

beforeAll(async () => {
  world = await startTestDemo();
  const at = (name: string) => Cli.signedIn(world.demo.url, name);
  [alice, carol, erin] = await Promise.all([at('alice'), at('carol'), at('erin')]);
});
afterAll(async () => {
  await Promise.all([alice, carol, erin].map((cli) => cli?.remove()));
  await world?.stop();
});

async function ask(cli: Cli, ...question: string[]) {
  const { status, stdout, stderr } = await cli.run([
    'policy',
    'test',
    '--resource',
    'orders-db',
    '--json',
    ...question,
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return api.testPolicy.response.parse(JSON.parse(stdout));
}

describe('policy test', () => {
  it('answers about a statement as the gateway would, without sending it', async () => {
    const deletion = ['--as', 'alice', '--sql', 'delete from orders'];
    const read = await ask(carol, ...deletion, '--profile', 'read');
    expect(read).toMatchObject({ verdict: 'deny', principal: { name: 'alice', groups: ['engineering'] } });
    expect(read.steps.find(({ verdict }) => verdict === 'deny')).toMatchObject({
      ...{ action: 'sql.write', object: 'public.orders', profile: true },
    });
    const write = await ask(carol, ...deletion, '--profile', 'write');
    expect(write).toMatchObject({ verdict: 'needs' });
    expect(write.steps.flatMap(({ needs }) => needs)).toContainEqual(
      expect.objectContaining({ kind: 'approve', groups: ['dba'] }),
    );
    expect(await ask(carol, ...deletion, '--profile', 'write', '--approved')).toMatchObject({
      verdict: 'allow',
    });
    expect(await ask(carol, '--as', 'alice', '--sql', 'selec 1', '--profile', 'write')).toMatchObject({
      ...{ verdict: 'deny', steps: [expect.objectContaining({ action: 'sql.unanalyzable' })] },
    });
  });

  it('answers about each command that a text holds', async () => {
    const host = `kind: Resource
name: far-box
protocol: ssh
labels: { env: prod }
target:
  host: 127.0.0.1
  hostKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZha2UgZmFrZSBmYWtlIGZha2UgZmFrZSBmYWtlIGZh]
profiles:
  shell:
    credential: { username: app, certificate: true }
    allow: [ssh.exec]
`;
    expect(await erin.run(['apply', '-f', '-'], { input: host })).toMatchObject({ status: 0, stderr: '' });
    const about = ['--as', 'alice', '--resource', 'far-box', '--command'];
    expect(await ask(carol, ...about, 'uptime')).toMatchObject({ verdict: 'allow', profile: 'shell' });
    const down = await ask(carol, ...about, 'uptime && reboot');
    expect(down.steps.map(({ verdict }) => verdict)).toEqual(['allow', 'deny']);
    expect(down.reason).toContain('taken down');
    expect(await ask(carol, ...about, '$(cat script)')).toMatchObject({ verdict: 'deny' });
  });

  it('answers everybody about themselves, and about others whoever may read the configuration', async () => {
    expect(await ask(alice, '--profile', 'read')).toMatchObject({ verdict: 'needs' });
    const other = await alice.run([
      'policy',
      'test',
      '--as',
      'bob',
      '--resource',
      'orders-db',
      '--profile',
      'read',
    ]);
    expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining('forbidden') });
  });

  it('fails a script where the verdict is another one', async () => {
    const command = [
      'policy',
      'test',
      '--groups',
      'nobody',
      '--resource',
      'orders-db',
      '--profile',
      'read',
      '--expect',
    ];
    expect(await carol.run([...command, 'deny'])).toMatchObject({ status: 0 });
    expect(await carol.run([...command, 'allow'])).toMatchObject({ status: 1 });
  });
});

it('policy explain goes through what a profile allows', async () => {
  const { stdout } = await carol.run([
    'policy',
    'explain',
    '--as',
    'alice',
    '--resource',
    'orders-db',
    '--json',
  ]);
  const { profiles } = JSON.parse(stdout) as AccessExplanation;
  const read = profiles.find(({ name }) => name === 'read');
  expect(read?.access).toMatchObject({ verdict: 'needs' });
  expect(read?.actions.find(({ action }) => action === 'sql.read')).toMatchObject({ verdict: 'allow' });
});

it('policy list shows what is about a resource, with its text', async () => {
  const { stdout } = await carol.run(['policy', 'list', '--resource', 'orders-db']);
  expect(stdout).toContain('@approve("dba")');
  expect(stdout).not.toContain('engineering-uses-staging');
  expect(await alice.run(['policy', 'list'])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('forbidden'),
  });
});

it('policy validate names what the gateway finds wrong at its place in the file', async () => {
  const input =
    'kind: Policy\nname: slip\ncedar: |\n  permit (\n    principal in Group::"engineering",\n    action == Action::"sql.raed",\n    resource\n  );\n';
  expect(await carol.run(['policy', 'validate', '-f', '-'], { input })).toMatchObject({
    status: 1,
    stdout: 'stdin:6:15: unrecognized action `Action::"sql.raed"`, did you mean Action::"sql.read"?\n',
  });
});
