import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DocumentInput } from '@drawbridge/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../scripts/root.ts';
import { type SshServer, startSshServer } from '../support/ssh-server.ts';
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts';

const run = promisify(execFile);
let world: SshWorld;
let trusting: SshServer;

beforeAll(async () => {
  world = await startSshWorld();
  const program = join(root, 'gateway/dist/main.js');
  // What an operator types, beside the gateway that runs.
  const config = join(world.demo.demo.data, 'gateway.yaml');
  const env = { ...process.env, DEMO_IDENTITY_CLIENT_SECRET: 'not needed for this' };
  const { stdout } = await run(process.execPath, [program, 'ssh-ca', 'public-key', '--config', config], {
    env,
  });
  expect(stdout).toMatch(/^ssh-ed25519 \S+ drawbridge-ca@\S+\n$/);
  trusting = await startSshServer({ trustedCa: stdout.trim() });
  const host = (name: string, hostKey: string): DocumentInput => ({
    kind: 'Resource',
    name,
    protocol: 'ssh',
    labels: { env: 'staging' },
    target: { host: trusting.host, port: trusting.port, hostKeys: [hostKey] },
    profiles: {
      shell: { credential: { username: trusting.username, certificate: true }, allow: ['ssh.exec'] },
    },
  });
  const documents = [host('certified', trusting.hostKey), host('impostor', world.server.hostKey)];
  await world.erin.api.call('apply', { body: { documents } });
  for (const { name } of documents) await world.alice.gets(name, { profile: 'shell' });
});
afterAll(async () => {
  await trusting?.stop();
  await world?.stop();
});

describe('a host that trusts the gateway’s authority', () => {
  it('lets its certificates in, each for one session, which its log names', async () => {
    const { status, stdout, stderr } = await world.ssh('certified.drawbridge', 'echo in');
    expect({ status, stdout: stdout.toString() }, stderr).toEqual({ status: 0, stdout: 'in\n' });
    const { sessions } = await world.carol.api.call('listSessions', { query: { resource: 'certified' } });
    expect(trusting.log()).toContain(`ID ${sessions[0]?.id}`);
  });

  it('is not believed with another key than the one that is pinned, and sees no credential', async () => {
    const before = trusting.log().split('Accepted').length;
    const { status, stderr } = await world.ssh('impostor.drawbridge', 'echo in');
    expect(status).toBe(255);
    expect(stderr).toMatch(/drawbridge: .*host key.*impostor/s);
    expect(trusting.log().split('Accepted').length).toBe(before);
  });
});
