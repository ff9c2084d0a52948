import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { api } from '@drawbridge/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Cli } from '../support/cli.ts';
import { SignedIn } from '../support/signed-in.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';

let world: TestDemo;
let alice: Cli;
let carol: Cli;
let erin: Cli;
let watcher: SignedIn;

beforeAll(async () => {
  world = await startTestDemo();
  watcher = await SignedIn.at(world.demo.url, 'carol');
  const at = (name: string) => Cli.signedIn(world.demo.url, name);
  [alice, carol, erin] = await Promise.all([at('alice'), at('carol'), at('erin')]);
});
afterAll(async () => {
  await Promise.all([alice, carol, erin].map((cli) => cli?.remove()));
  await world?.stop();
});

const PASSWORD = 'a-password-that-nobody-shows';
const resource = (port: number, maxDuration = '1h') => `kind: Resource
name: ledger
protocol: postgres
labels: { env: staging }
target: { host: 127.0.0.1, port: ${port}, database: ledger, tls: disable }
profiles:
  read:
    credential: { username: app, password: { env: LEDGER_PASSWORD } }
    allow: [sql.read, sql.session]
    maxDuration: ${maxDuration}
`;
const rule = `---
kind: DataRule
name: ledger-rule
resources: { names: [ledger] }
columns: [{ column: public.accounts.iban, mask: last4 }]
`;
const apply = (text: string, ...more: string[]) =>
  erin.run(['apply', '-f', '-', ...more], { input: text, env: { LEDGER_PASSWORD: PASSWORD } });
async function changes(text: string, ...more: string[]) {
  const { status, stdout, stderr } = await apply(text, '--json', ...more);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).not.toContain(PASSWORD);
  const answer = api.apply.response.parse(JSON.parse(stdout));
  return { applied: answer.applied, changes: answer.changes.map(({ name, action }) => `${name} ${action}`) };
}
/** What is applied, read behind the CLI's back. */
const documents = async () => (await watcher.api.call('listDocuments', { query: {} })).documents;

describe('apply', () => {
  it('shows with --dry-run what it would do, and does nothing', async () => {
    const before = await documents();
    expect(await changes(resource(5432) + rule, '--dry-run')).toEqual({
      applied: false,
      changes: ['ledger created', 'ledger-rule created'],
    });
    expect(await documents()).toEqual(before);
  });

  it('creates, tells the difference, and changes nothing the second time', async () => {
    expect((await changes(resource(5432) + rule)).changes).toEqual(['ledger created', 'ledger-rule created']);
    expect((await changes(resource(5432) + rule)).changes).toEqual([
      'ledger unchanged',
      'ledger-rule unchanged',
    ]);
    const shown = await apply(resource(5433, '30m') + rule);
    expect(shown.status).toBe(0);
    expect(shown.stdout).toMatch(/^~ Resource ledger updated\n/);
    expect(shown.stdout).toContain('target.port: 5432 → 5433');
    expect(shown.stdout).toMatch(/profiles\.read\.maxDuration: .+ → .+/);
    expect(shown.stdout).toContain('1 document changed.');
    const secret = await erin.run(['apply', '-f', '-', '--dry-run'], {
      input: resource(5433, '30m'),
      env: { LEDGER_PASSWORD: 'another-one' },
    });
    expect(secret.stdout).toContain('(changed)');
    expect(secret.stdout).not.toContain('another-one');
    expect(JSON.stringify(await documents())).not.toContain(PASSWORD);
  });

  it.each([
    ['a policy that does not parse', '---\nkind: Policy\nname: broken\ncedar: "permit (principal"\n'],
    [
      'a policy that asks for what there is not',
      '---\nkind: Policy\nname: broken\ncedar: permit (principal, action == Action::"no.such", resource);\n',
    ],
    ['an unknown kind', '---\nkind: Secret\nname: broken\n'],
    ['an unknown field', `---\n${resource(1).replace('name: ledger', 'name: broken\nowner: me')}`],
    [
      'a secret that is not there',
      `---\n${resource(1).replace('name: ledger', 'name: broken').replace('LEDGER_PASSWORD', 'NO_SUCH')}`,
    ],
    ['the same document twice', `---\n${resource(5434)}`],
    ['no YAML', '---\nkind: [\n'],
  ])('applies nothing of a file with %s, and says where', async (_name, bad) => {
    const before = await documents();
    const outcome = await apply(resource(6000) + bad);
    expect(outcome.status).toBe(1);
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr).toMatch(/^drawbridge: \w+: .{10,}/);
    expect(outcome.stderr).not.toContain(PASSWORD);
    expect(await documents()).toEqual(before);
  });

  it('is for those whom policy gives it', async () => {
    const denied = await alice.run(['apply', '-f', '-'], {
      input: resource(1),
      env: { LEDGER_PASSWORD: PASSWORD },
    });
    expect(denied).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^drawbridge: forbidden: /),
    });
    expect((await carol.run(['get', 'resources'])).status).toBe(0);
    expect((await alice.run(['get', 'resources'])).status).toBe(1);
  });

  it('is undone by delete', async () => {
    expect((await erin.run(['delete', 'data-rule', 'ledger-rule'])).stdout).toContain(
      '- DataRule ledger-rule removed',
    );
    expect((await erin.run(['delete', 'resource', 'ledger'])).status).toBe(0);
    expect((await erin.run(['delete', 'resource', 'ledger', '--json'])).status).toBe(1);
    expect((await documents()).map(({ name }) => name)).not.toContain('ledger');
  });
});

describe('verify', () => {
  it('trusts a recording that is whole, and no other, without the gateway too', async () => {
    const ask = [
      'request',
      'orders-staging',
      '--profile',
      'read',
      '--for',
      '30m',
      '--reason',
      'to be verified',
    ];
    expect((await alice.run(ask)).status).toBe(0);
    const command = ['--', 'psql', '-XAtqc', 'select * from customers limit 20'];
    expect((await alice.run(['connect', 'orders-staging', ...command])).status).toBe(0);
    const file = join(carol.home, 'session.recording');
    const keys = join(carol.home, 'keys.json');
    await writeFile(keys, (await carol.run(['recording-keys'])).stdout);
    const { stdout } = await carol.run(['sessions', '--json']);
    const id = api.listSessions.response.parse(JSON.parse(stdout)).sessions[0]?.id ?? '';
    expect((await carol.run(['export', id, '--format', 'recording', '-o', file])).status).toBe(0);
    const offline = { env: { DRAWBRIDGE_GATEWAY: 'http://127.0.0.1:1' } };
    expect(await carol.run(['verify', file, '--key', keys], offline)).toMatchObject({
      status: 0,
      stderr: '',
    });

    const whole = await readFile(file);
    const forged = join(carol.home, 'forged.recording');
    const tampered: [string, Buffer][] = [
      [
        'a value that was changed',
        Buffer.from(whole.toString('latin1').replace('to be verified', 'to be believed'), 'latin1'),
      ],
      ['a bit in the middle', flip(whole, Math.floor(whole.length / 2))],
      ['a bit of the signature', flip(whole, whole.length - 40)],
      ['no end', whole.subarray(0, whole.length - 500)],
      ['something behind the end', Buffer.concat([whole, Buffer.from('more')])],
      ['nothing in it', Buffer.alloc(0)],
    ];
    for (const [what, bytes] of tampered) {
      expect(bytes.equals(whole), what).toBe(false);
      await writeFile(forged, bytes);
      const outcome = await carol.run(['verify', forged, '--key', keys, '--json'], offline);
      expect(outcome.status, what).toBe(1);
      expect(
        z.object({ ok: z.literal(false), reason: z.string() }).parse(JSON.parse(outcome.stdout)).ok,
        what,
      ).toBe(false);
      expect(JSON.parse(outcome.stderr), what).toMatchObject({ error: { code: 'recording_invalid' } });
    }
    // A key that isn't the gateway's vouches for nothing.
    const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    const foreign = (await readFile(keys, 'utf8')).replace(/"x": ?"[^"]+"/, `"x": "${x}"`);
    await writeFile(keys, foreign);
    expect((await carol.run(['verify', file, '--key', keys], offline)).status).toBe(1);
    expect((await carol.run(['verify', join(carol.home, 'not-there')])).status).not.toBe(0);
  });
});

describe('completion', () => {
  it('is a script that bash takes, and that knows commands, options and names', async () => {
    const { stdout } = await alice.run(['completion', 'bash']);
    expect(await alice.start('bash', ['-n'], { input: stdout }).ended).toMatchObject({
      status: 0,
      stderr: '',
    });
    const typed = (words: string) =>
      `COMP_WORDS=(drawbridge ${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _drawbridge; echo "\${COMPREPLY[@]}"`;
    const script = [
      `drawbridge() { '${process.execPath}' gateway-client/dist/cli/main.js "$@"; }`,
      stdout,
      typed('conn'),
      typed('request orders-'),
      typed('request --pro'),
      'complete -p drawbridge',
    ].join('\n');
    const outcome = await alice.start('bash', ['--norc', '-s'], { input: script }).ended;
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
    expect(outcome.stdout.split('\n').slice(0, 3)).toEqual([
      'connect',
      'orders-db orders-staging',
      '--profile',
    ]);
    expect(outcome.stdout).toContain('-F _drawbridge drawbridge');
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
