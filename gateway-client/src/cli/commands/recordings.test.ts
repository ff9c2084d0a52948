import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { useCli } from '../../../test-support/cli-harness.ts';
import { session } from '../../../test-support/objects.ts';
import { aliceWork, sealedRecording, signingKey } from '../../../test-support/recording.ts';
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
