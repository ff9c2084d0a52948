import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrawbridgeError } from '@drawbridge/contract';
import { ClientError } from '@drawbridge/gateway-client';
import type { WebFrameMain } from 'electron';
import { expect, test } from 'vitest';
import { AppError } from '../app-error.ts';
import { APP_PAGE } from './app-origin.ts';
import { isOperationName } from './channels.ts';
import { operations } from './contract.ts';
import { isPlain } from './is-plain.ts';
import { type Handlers, IpcServer, type Sender } from './serve.ts';

const frame = (
  parts: Partial<Record<'processId' | 'routingId', number>> & {
    url?: string;
    parent?: WebFrameMain | null;
  } = {},
) => ({ processId: 4, routingId: 1, url: APP_PAGE, parent: null, ...parts }) as unknown as WebFrameMain;
const PAGE_ID = 7;
const from = (senderFrame: WebFrameMain | null, id = PAGE_ID): Sender =>
  ({ senderFrame, sender: { id } }) as Sender;
const ours = from(frame());

function server(handlers: Partial<Handlers> = {}) {
  const heard: unknown[] = [];
  const logged: string[] = [];
  const all = Object.fromEntries(
    Object.keys(operations).map((name) => [name, (payload: unknown) => void heard.push([name, payload])]),
  ) as unknown as Handlers;
  const page = {
    id: PAGE_ID,
    mainFrame: frame(),
    send: () => undefined,
    postMessage: () => undefined,
    isDestroyed: () => false,
  };
  const ipc = new IpcServer({
    ipcMain: { handle: () => undefined },
    page: () => page,
    handlers: { ...all, ...handlers },
    log: (message, error) => logged.push(`${message} ${String(error)}`),
  });
  return { ipc, heard, logged };
}

test('hears the main frame of our own page', async () => {
  const { ipc, heard } = server();
  expect(await ipc.answer(ours, 'gateways.add', { url: 'https://gw.example' })).toEqual({
    ok: true,
    value: undefined,
  });
  expect(heard).toEqual([['gateways.add', { url: 'https://gw.example' }]]);
});

test.each([
  ['a frame inside the page', from(frame({ routingId: 2, parent: frame() }))],
  ['a frame that pretends to be the main one', from(frame({ parent: frame() }))],
  ['a page of another process', from(frame({ processId: 5 }))],
  ['another window', from(frame(), 8)],
  ['a frame that is gone', from(null)],
  ['the main frame on another origin', from(frame({ url: 'https://evil.example/' }))],
  ['the main frame on a file', from(frame({ url: 'file:///index.html' }))],
  ['the main frame on a lookalike', from(frame({ url: 'drawbridge-app://app.evil.example/index.html' }))],
])('does not hear %s', async (_name, sender) => {
  const { ipc, heard } = server();
  const answer = await ipc.answer(sender, 'state.get', undefined);
  expect(answer).toMatchObject({ ok: false, error: { code: 'forbidden_sender' } });
  expect(heard).toEqual([]);
});

test.each([
  ['an unknown operation', 'tokens.read', undefined],
  ['a name inherited by every object', 'toString', undefined],
  ['__proto__', '__proto__', undefined],
  ['a name that is no text', ['state.get'], undefined],
  ['an unknown key', 'gateways.add', { url: 'https://gw.example', extra: 1 }],
  ['a wrong type', 'gateways.select', { id: 1 }],
  ['a missing payload', 'tunnels.close', undefined],
  ['a payload where none belongs', 'signIn.start', { now: true }],
  ['a key that reaches prototypes', 'settings.set', JSON.parse('{"ports":{"__proto__":22000}}')],
  ['a constructor among the keys', 'settings.set', { ports: { constructor: 22_000 } }],
  [
    'an object of a class',
    'tunnels.close',
    new (class {
      tunnel = 'x';
    })(),
  ],
  ['a name with a path in it', 'tunnels.open', { resource: '../orders', profile: 'read' }],
])('refuses %s before anything is done', async (_name, operation, payload) => {
  const { ipc, heard } = server();
  expect(await ipc.answer(ours, operation, payload)).toMatchObject({
    ok: false,
    error: { code: 'invalid_payload' },
  });
  expect(heard).toEqual([]);
});

test('passes on refusals with what to do, and hides what broke', async () => {
  const refuse = (error: Error) => server({ 'state.get': () => Promise.reject(error) });
  const denied = refuse(
    new DrawbridgeError('already_pending', 'you asked already', {
      id: 'req_1',
      hint: 'Wait for it.',
      policies: ['p'],
    }),
  );
  expect(await denied.ipc.answer(ours, 'state.get', undefined)).toEqual({
    ok: false,
    error: {
      code: 'already_pending',
      message: 'you asked already',
      id: 'req_1',
      hint: 'Wait for it.',
      policies: ['p'],
    },
  });
  const cli = refuse(new ClientError('sign_in_failed', 'no', 'Try again: drawbridge login'));
  expect(await cli.ipc.answer(ours, 'state.get', undefined)).toEqual({
    ok: false,
    error: { code: 'sign_in_failed', message: 'no' },
  });
  const own = refuse(new AppError('port_in_use', 'taken', 'Choose another.'));
  expect(await own.ipc.answer(ours, 'state.get', undefined)).toMatchObject({
    error: { code: 'port_in_use', hint: 'Choose another.' },
  });
  const broken = refuse(new TypeError('secret detail'));
  const answer = await broken.ipc.answer(ours, 'state.get', undefined);
  expect(answer).toMatchObject({ error: { code: 'internal' } });
  expect(JSON.stringify(answer)).not.toContain('secret detail');
  expect(broken.logged).toHaveLength(1);
});

test('has every operation of the contract by name, and no other', () => {
  for (const name of Object.keys(operations)) expect(isOperationName(name)).toBe(true);
  expect(isOperationName('constructor')).toBe(false);
});

test('takes deep nesting, functions and symbols for no plain data', () => {
  let deep: unknown = 1;
  for (let depth = 0; depth < 40; depth += 1) deep = { deep };
  expect(isPlain(deep)).toBe(false);
  expect(isPlain({ f: () => 1 })).toBe(false);
  expect(isPlain({ [Symbol('s')]: 1 })).toBe(false);
  expect(isPlain([{ a: [null, 'x', 1, undefined, true] }])).toBe(true);
});

test('nothing else in this room touches IPC', async () => {
  const room = join(import.meta.dirname, '..');
  const files = await readdir(room, { recursive: true });
  const touching: string[] = [];
  for (const file of files.filter((name) => /\.ts$/.test(name) && !name.endsWith('.test.ts'))) {
    if (/\bipc(Main|Renderer)\b/.test(await readFile(join(room, file), 'utf8')))
      touching.push(file.replaceAll('\\', '/'));
  }
  expect(touching.sort()).toEqual(['desktop.ts', 'ipc/serve.ts', 'preload/preload.ts']);
});
