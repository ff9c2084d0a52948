import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppError } from '../app-error.ts';
import { shellCommand, startLocalShell } from './local-shell.ts';
import type { TerminalEnd, TerminalProcess } from './terminal-process.ts';

let home: string;
let shell: TerminalProcess;
let text: string;
let end: TerminalEnd | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'drawbridge-shell-'));
  text = '';
  end = undefined;
  shell = startLocalShell(
    {
      spawn,
      platform: process.platform,
      shell: '/bin/sh',
      home,
      env: { PATH: process.env.PATH ?? '', PS1: '> ', SECRET_OF_TUNNEL: 'only here' },
      size: { columns: 61, rows: 17 },
      environment: undefined,
    },
    {
      output: (data) => {
        text += Buffer.from(data).toString();
      },
      ended: (how) => {
        end = how;
      },
    },
  );
});
afterEach(async () => {
  shell.end();
  await rm(home, { recursive: true, force: true });
});
const type = (line: string) => shell.write(Buffer.from(`${line}\r`));
const sees = (what: string | RegExp) => vi.waitFor(() => expect(text).toMatch(what), { timeout: 5000 });

test('runs in the home folder, with its environment and size, and says how it exits', async () => {
  type('stty size; pwd; echo "[$SECRET_OF_TUNNEL]"');
  await sees(/17 61/);
  await sees(`${home}\r\n`);
  await sees('[only here]');
  shell.resize({ columns: 90, rows: 30 });
  type('stty size');
  await sees(/30 90/);
  type('exit 7');
  await vi.waitFor(() => expect(end).toEqual({ status: 'exited', code: 7 }), { timeout: 5000 });
  shell.resize({ columns: 10, rows: 10 });
  shell.write(Buffer.from('late'));
});

test('knows what runs in front', async () => {
  // Before its first prompt it may not be the shell yet.
  await sees('> ');
  expect(shell.foreground).toBeUndefined();
  type('exec sleep 100');
  await vi.waitFor(() => expect(shell.foreground).toBe('sleep'), { timeout: 5000 });
});

test('hangs up: what runs in it gets SIGHUP', async () => {
  type('echo ready; exec sleep 100');
  await sees(/ready\r\n/);
  shell.end();
  await vi.waitFor(() => expect(end).toEqual({ status: 'exited', signal: 'SIGHUP' }), { timeout: 5000 });
});

test('writes nothing more while it is paused', async () => {
  await sees('> ');
  shell.pause();
  const before = text;
  type('echo hel""lo');
  await new Promise((resolve) => setImmediate(resolve));
  expect(text).toBe(before);
  shell.resume();
  await sees('hello');
});

test('starts the shell as each platform does', () => {
  expect(shellCommand('darwin', '/bin/zsh')).toEqual({ file: '/bin/zsh', args: ['-l'] });
  expect(shellCommand('linux', undefined)).toEqual({ file: '/bin/sh', args: [] });
  expect(shellCommand('win32', undefined).file).toBe('powershell.exe');
});

test('says which shell it could not start', () => {
  const refuse = () => {
    throw new Error('posix_openpt failed');
  };
  const parts = {
    spawn: refuse,
    platform: 'linux' as const,
    shell: '/bin/zsh',
    home,
    env: {},
    size: { columns: 1, rows: 1 },
    environment: undefined,
  };
  const events = { output: () => undefined, ended: () => undefined };
  expect(() => startLocalShell(parts, events)).toThrow(AppError);
  expect(() => startLocalShell(parts, events)).toThrow('/bin/zsh could not be started');
});
