import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../scripts/root.ts';
import { startTestIdentity, type TestIdentity } from '../test/support/identity.ts';

let gateway: TestIdentity;
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'drawbridge-home-'));
  gateway = await startTestIdentity();
});
afterAll(async () => {
  await gateway.close();
  await rm(home, { recursive: true, force: true });
});

function signin(...args: string[]) {
  return new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
    const command = ['--conditions=source', '--import', 'tsx', 'demo/signin.ts', ...args];
    execFile(
      process.execPath,
      command,
      { cwd: root, env: { ...process.env, DRAWBRIDGE_HOME: home } },
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

describe('demo:signin', () => {
  it('leaves the command line signed in as the person, in files that nobody else reads', async () => {
    const outcome = await signin('alice', '--gateway', gateway.url);
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
    expect(outcome.stdout).toContain(`alice is signed in to ${gateway.url}`);
    const [file] = await readdir(join(home, 'sign-ins'));
    const path = join(home, 'sign-ins', file ?? '');
    expect((await stat(path)).mode & 0o077).toBe(0);
    const { accessToken, refreshToken } = JSON.parse(await readFile(path, 'utf8'));
    expect(outcome.stdout).not.toContain(accessToken);
    expect(refreshToken).toBeTypeOf('string');
    const caller = await gateway.identity.authenticate(`Bearer ${accessToken}`);
    expect(caller.user).toMatchObject({ subject: 'alice', groups: ['engineering'] });
  });

  it('refuses who is not there, and says who is', async () => {
    const outcome = await signin('mallory', '--gateway', gateway.url);
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toMatch(/"mallory"[\s\S]*alice\|bob\|carol\|dan\|erin/);
  });

  it.each([[['alice']], [['--gateway', 'http://127.0.0.1:1']], [['alice', '--gatewy', 'x']]])(
    'is called wrongly with %j',
    async (args) => {
      expect((await signin(...args)).status).toBe(2);
    },
  );

  it('fails in words where there is no gateway', async () => {
    const outcome = await signin('alice', '--gateway', 'http://127.0.0.1:1');
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toMatch(/^demo:signin: .*127\.0\.0\.1:1/);
  });
});
