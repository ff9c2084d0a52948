import { beforeEach, expect, it } from 'vitest';
import {
  TERMINAL_INPUT,
  type TerminalEvent,
  type TerminalRequest,
  type TerminalStatus,
} from '../../../main/ipc/terminal-port.ts';
import { CallError } from '../../state/bridge.ts';
import { type SessionPort, TerminalSession } from './terminal-session.ts';

const SIZE = { columns: 80, rows: 24 };
const LIVE: TerminalStatus = { status: 'live' };

let said: TerminalRequest[];
let port: SessionPort & { closed: boolean };
let written: { readonly text: string; readonly shown: () => void }[];
let resets: number;
let session: TerminalSession;
let failing: Error | undefined;

beforeEach(async () => {
  said = [];
  written = [];
  resets = 0;
  failing = undefined;
  port = {
    closed: false,
    onmessage: null,
    postMessage: (request) => said.push(request),
    close() {
      this.closed = true;
    },
  };
  session = new TerminalSession({
    attach: async () => {
      if (failing) throw failing;
      return port;
    },
    screen: {
      write: (data, shown) => written.push({ text: new TextDecoder().decode(data), shown }),
      reset: () => {
        resets += 1;
      },
    },
  });
});
const hear = (event: TerminalEvent) => port.onmessage?.({ data: event } as MessageEvent<TerminalEvent>);
const bytes = (text: string) => new TextEncoder().encode(text);
async function attached(replay = '', status = LIVE) {
  await session.attach(SIZE);
  hear({ type: 'attached', status, replay: bytes(replay) });
}
const typed = () =>
  said.flatMap((request) => (request.type === 'input' ? [new TextDecoder().decode(request.data)] : []));

it('acknowledges output once it is on the screen, not before', async () => {
  await attached();
  hear({ type: 'output', data: bytes('hällo') });
  expect(said).toEqual([]);
  written.at(-1)?.shown();
  expect(said).toEqual([{ type: 'ack', bytes: 6 }]);
});

it('shows what was written before on an empty screen, and lets no answer to it through', async () => {
  await attached('what are you?\x1b[c');
  expect(resets).toBe(1);
  session.input('\x1b[?1;2c');
  expect(typed()).toEqual([]);
  written.at(-1)?.shown();
  expect(said).toEqual([]);
  session.input('ls\r');
  expect(typed()).toEqual(['ls\r']);
});

it('sends long pastes in pieces, and bytes as they are', async () => {
  await attached();
  session.input('x'.repeat(TERMINAL_INPUT + 5));
  expect(said.map((request) => (request.type === 'input' ? request.data.byteLength : 0))).toEqual([
    TERMINAL_INPUT,
    5,
  ]);
  session.inputBytes('\xff\x01');
  expect(said.at(-1)).toEqual({ type: 'input', data: Uint8Array.of(0xff, 1) });
});

it('types into nothing that does not run', async () => {
  await attached('', { status: 'exited', code: 0 });
  session.input('rm -rf /\r');
  expect(typed()).toEqual([]);
  session.connect(SIZE);
  expect(said).toEqual([{ type: 'connect' }]);
});

it('says why main refused, and asks again', async () => {
  failing = new CallError({ code: 'access_needed', message: 'no access', hint: 'Ask.' });
  await session.attach(SIZE);
  expect(session.status).toEqual({
    status: 'refused',
    code: 'access_needed',
    message: 'no access',
    hint: 'Ask.',
  });
  failing = undefined;
  const changes: string[] = [];
  session.subscribe(() => changes.push(session.status.status));
  session.connect(SIZE);
  await Promise.resolve();
  hear({ type: 'attached', status: LIVE, replay: bytes('') });
  expect(changes).toEqual(['connecting', 'live']);
});

it('leaves its terminal without ending it', async () => {
  await attached();
  session.dispose();
  expect(said).toEqual([]);
  expect(port.closed).toBe(true);
});

it('closes a port that comes after it was left', async () => {
  const attaching = session.attach(SIZE);
  session.dispose();
  await attaching;
  expect(port.closed).toBe(true);
});
