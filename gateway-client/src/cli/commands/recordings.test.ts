import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { useCli } from '../../../test-support/cli-harness.ts';
import { session } from '../../../test-support/objects.ts';
import { aliceOnHost, aliceWork, sealedRecording, signingKey } from '../../../test-support/recording.ts';
import { signInTo } from '../../../test-support/temporary-home.ts';

const it = useCli();

describe('recordings', () => {
  const key = signingKey();
  const recording = sealedRecording(aliceWork, key);
  const recorded = session();

  beforeEach(async () => {
    await signInTo(it.home, it.gateway, 'carol');
    it.gateway.handlers.listSessions = () => ({ sessions: [recorded] });
    it.gateway.handlers.getRecording = ({ response }) =>
      void response
        .writeHead(200, { 'content-type': 'application/vnd.drawbridge.recording' })
        .end(sealedRecording(aliceWork, key, recorded.id));
    it.gateway.handlers.recordingKeys = () => ({ keys: [key.jwk] });
  });

  test('replay shows statements, decisions, and rows with what was masked', async () => {
    const { status, stdout } = await it.cli('replay', 'last', '--rows', '2');
    expect(status).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toContain('Alice Moreau on orders-db (read)');
    expect(lines).toContain('00:00.100  select full_name, ssn');
    expect(lines).toContain('           from customers');
    expect(lines).toContain('           full_name     ssn ▒');
    expect(lines).toContain('           Zoë \\e[31mLi  •••••1234');
    expect(lines).toContain('           Ann           NULL');
    expect(lines).toContain('           … and 1 more row');
    expect(lines).toContain('           ▒ masked: public.customers.ssn last4');
    expect(lines).toContain('           ✗ refused: the profile read allows no sql.ddl (read-only)');
    expect(lines).toContain('           ERROR 42501: drawbridge: refused');
    expect(stdout).not.toContain('東京');
  });

  test('verify accepts what is whole, by the gateway’s keys or one’s own, and refuses what was changed', async () => {
    expect(await it.cli('verify', recorded.id)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('whole and unchanged'),
    });
    const file = join(it.home.path, 'x.recording');
    const keys = join(it.home.path, 'keys.json');
    await writeFile(file, recording);
    await writeFile(keys, JSON.stringify({ keys: [key.jwk] }));
    await it.home.store.remove(it.gateway.url);
    expect(await it.cli('verify', file, '--key', keys, '--json')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"ok": true'),
    });
    const at = recording.indexOf('drop table');
    await writeFile(
      file,
      Buffer.concat([recording.subarray(0, at), Buffer.from('DROP'), recording.subarray(at + 4)]),
    );
    expect(await it.cli('verify', file, '--key', keys)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('recording_invalid'),
    });
    await writeFile(keys, JSON.stringify(signingKey().jwk));
    await writeFile(file, recording);
    expect(await it.cli('verify', file, '--key', keys)).toMatchObject({ status: 1 });
  });

  test('verify refuses another session’s recording', async () => {
    it.gateway.handlers.getRecording = ({ response }) => void response.writeHead(200).end(recording);
    expect(await it.cli('verify', recorded.id)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('another session'),
    });
  });

  test('export writes every form', async () => {
    expect((await it.cli('export', 'last', '--format', 'csv')).stdout).toBe(
      'full_name,ssn\r\nZoë \u001b[31mLi,•••••1234\r\nAnn,\r\n東京,•••••9876\r\n',
    );
    const lines = (await it.cli('export', 'last')).stdout.trim().split('\n');
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ type: 'statement', statement: 1 });
    const file = join(it.home.path, 'out.recording');
    expect(await it.cli('export', 'last', '-f', 'recording', '-o', file)).toMatchObject({ status: 0 });
    expect((await readFile(file)).subarray(0, 7).toString()).toBe('DBRGREC');
  });
});

describe('recordings of hosts', () => {
  const key = signingKey();
  const recorded = session({ resource: 'build-box', protocol: 'ssh' });

  beforeEach(async () => {
    await signInTo(it.home, it.gateway, 'carol');
    it.gateway.handlers.listSessions = () => ({ sessions: [recorded] });
    it.gateway.handlers.getSession = () => recorded;
    it.gateway.handlers.getRecording = ({ response }) =>
      void response
        .writeHead(200, { 'content-type': 'application/vnd.drawbridge.recording' })
        .end(sealedRecording(aliceOnHost, key, recorded.id, 'ssh'));
  });

  test('replay tells commands, files, what was typed and how all of it ended, a line each', async () => {
    const { status, stdout } = await it.cli('replay', 'last', '--rows', '2');
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(4, -3)).toEqual([
      '00:00.000  #1 $ uptime',
      '           up 3 days',
      '           load 0.1',
      '           … and 2 more lines',
      '00:00.300  #1 ✓ exit 0, 0 bytes in, 28 bytes out',
      '',
      '00:00.400  #2 $ rm -rf /',
      '           ✗ refused: nobody removes everything (no-rm)',
      '00:00.500  #3 shell xterm-256color 100×30',
      '           typed sudo -i',
      '           typed 9 bytes that were not shown, and are not kept',
      '00:01.000  #3 ✗ ended by signal HUP, 17 bytes in, 40 bytes out',
      '',
      '00:01.100  #4 sftp',
      '00:01.200  #4 read /etc/hosts (1.2 kB)',
      '00:01.300  #4 rename /a to /b',
      '           ✗ refused: read only',
      '00:01.400  #5 forward to db.internal:5432',
      '00:01.500  ended: the client closed the connection',
    ]);
  });

  test('replay --raw writes what the terminal drew, without what it would have done', async () => {
    expect(await it.cli('replay', 'last', '--raw')).toEqual({
      status: 0,
      stdout: '$ \u001b[1mnaïve\u001b[0m\r\n',
      stderr: '',
    });
    expect((await it.cli('replay', 'last', '--raw', '--channel', '1')).stdout).toContain('up 3 days\r\n');
    expect(await it.cli('replay', 'last', '--raw', '--channel', '9')).toMatchObject({ status: 2 });
  });

  test('replay --json and ndjson hold what was shown, characters whole', async () => {
    const lines = (await it.cli('replay', 'last', '--json')).stdout.trim().split('\n');
    const events = lines.map((line) => JSON.parse(line) as { type: string; channel?: number; data?: string });
    const shown = events.filter(({ type, channel }) => type === 'output' && channel === 3);
    expect(shown.map(({ data }) => data).join('')).toContain('naïve');
    expect((await it.cli('export', 'last')).stdout.trim().split('\n')).toHaveLength(lines.length);
  });

  test('export writes the shell as asciicast, or the channel that is named', async () => {
    const cast = async (...args: string[]) =>
      (await it.cli('export', 'last', ...args)).stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    expect((await cast('--format', 'cast'))[0]).toMatchObject({
      version: 3,
      term: { cols: 100, rows: 30, type: 'xterm-256color' },
    });
    expect(await cast('--format', 'asciicast', '--channel', '1')).toMatchObject([
      { version: 3, command: 'uptime' },
      [0.1, 'o', 'up 3 days\r\nload 0.1\r\nend'],
      [0.1, 'o', 'warned\r\n'],
      [0.1, 'x', '0'],
      [0.1, 'm', 'refused: rm -rf / (nobody removes everything)'],
      [0.9, 'm', 'refused: rename /a (read only)'],
    ]);
    expect((await cast('--format', 'cast-v2'))[0]).toMatchObject({ version: 2, width: 100, height: 30 });
    expect(await it.cli('export', 'last', '--format', 'cast', '--channel', '9')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no channel 9'),
    });
  });
});
