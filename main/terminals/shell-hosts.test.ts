import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ShellHosts } from './shell-hosts.ts';

const run = promisify(execFile);
const files = {
  identityFile: '/home/alice/my keys/id_ed25519',
  knownHostsFile: '/home/alice/my keys/known_hosts',
  hostKeyAlias: 'drawbridge',
};
const host = { resource: 'build-box', profile: 'shell', host: '127.0.0.1', port: 40_022 };

let folder: string;
let hosts: ShellHosts;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "drawbridge-shell's hosts-"));
  hosts = new ShellHosts(join(folder, 'ours'), 'linux');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What OpenSSH itself makes of a host name, as a shell with this environment would start it. */
async function meant(name: string, env: Record<string, string>): Promise<Map<string, string>> {
  const { stdout } = await run('/bin/sh', ['-c', `ssh -G ${name}`], { env: { HOME: folder, ...env } });
  const lines = stdout.trim().split('\n');
  return new Map(lines.map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]));
}

const environment = () => hosts.environment(process.env.PATH ?? '');

describe('hosts in a local shell', () => {
  it('leads plain ssh to the tunnel, with the key of this sign-in and the host key of the gateway', async () => {
    await hosts.write([host], files);
    const config = await meant('build-box.drawbridge', await environment());
    expect(config.get('hostname')).toBe('127.0.0.1');
    expect(config.get('port')).toBe('40022');
    expect(config.get('identityfile')).toBe(files.identityFile);
    expect(config.get('userknownhostsfile')).toBe(files.knownHostsFile);
    expect(config.get('hostkeyalias')).toBe('drawbridge');
    expect(config.get('stricthostkeychecking')).toBe('true');
    expect(config.get('forwardagent')).toBe('no');
  });

  it('gives each profile a name of its own, and the first of a resource the short one', async () => {
    await hosts.write([host, { ...host, profile: 'files', port: 40_023 }], files);
    const env = await environment();
    expect((await meant('build-box.drawbridge', env)).get('port')).toBe('40022');
    expect((await meant('shell.build-box.drawbridge', env)).get('port')).toBe('40022');
    expect((await meant('files.build-box.drawbridge', env)).get('port')).toBe('40023');
  });

  it('leaves all other hosts to the person’s own configuration', async () => {
    // OpenSSH looks for the account's home folder, whatever HOME says: what it includes has to be named.
    await hosts.write([host], files);
    const text = await readFile(hosts.configuration, 'utf8');
    expect(text.indexOf('Match all')).toBeGreaterThan(text.indexOf('Host build-box.drawbridge'));
    expect(text).toContain('Include ~/.ssh/config');
    const config = await meant('elsewhere.example', await environment());
    expect(config.get('hostname')).toBe('elsewhere.example');
    expect(config.get('port')).toBe('22');
  });

  it('tells a shell that runs already where a host is now', async () => {
    await hosts.write([host], files);
    const env = await environment();
    await hosts.write([{ ...host, port: 40_999 }], files);
    expect((await meant('build-box.drawbridge', env)).get('port')).toBe('40999');
  });

  it('starts the programs that the shell would have started, and never itself', async () => {
    const tools = join(folder, 'tools');
    await mkdir(tools);
    await writeFile(join(tools, 'ssh'), '#!/bin/sh\necho mine "$@"\n');
    await chmod(join(tools, 'ssh'), 0o755);
    await hosts.write([], files);
    const first = await hosts.environment(`${tools}:/usr/bin:/bin`);
    const second = await hosts.environment(first.PATH ?? '');
    expect(second.PATH).toBe(first.PATH);
    const { stdout } = await run('/bin/sh', ['-c', 'ssh -p 1 "two words"'], { env: second });
    expect(stdout).toBe(`mine -F ${hosts.configuration} -p 1 two words\n`);
  });

  it('keeps what it writes to its owner', async () => {
    await hosts.write([host], files);
    await environment();
    expect((await stat(join(folder, 'ours'))).mode & 0o777).toBe(0o700);
    expect((await stat(hosts.configuration)).mode & 0o777).toBe(0o600);
  });

  it('on Windows names the configuration and changes no PATH', async () => {
    const windows = new ShellHosts(join(folder, 'ours'), 'win32');
    expect(await windows.environment('C:\\Windows')).toEqual({
      DRAWBRIDGE_SSH_CONFIG: windows.configuration,
    });
  });
});
