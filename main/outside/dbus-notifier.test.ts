import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Message, type MessageBus, sessionBus } from '@jellybrick/dbus-next';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { DbusNotifier, isBusAddress } from './dbus-notifier.ts';
import type { Notice, NoticeAction } from './notice.ts';

const NAME = 'org.freedesktop.Notifications';
const PATH = '/org/freedesktop/Notifications';

/** A desktop's notification service on a bus of the test's own. */
class Desktop {
  readonly shown: { id: number; title: unknown; body: unknown; actions: unknown; timeout: unknown }[] = [];
  readonly closed: unknown[] = [];
  markup = true;
  readonly #bus: MessageBus;
  #next = 1;

  constructor(bus: MessageBus) {
    this.#bus = bus;
    bus.addMethodHandler((call) => {
      const answer = call.interface === NAME ? this.#answer(call.member, call.body) : undefined;
      if (answer === undefined) return false;
      bus.send(Message.newMethodReturn(call, ...answer));
      return true;
    });
  }

  press(id: number, action: string): void {
    this.#bus.send(Message.newSignal(PATH, NAME, 'ActionInvoked', 'us', [id, action]));
  }

  #answer(member: string, body: unknown[]): [signature: string, body: unknown[]] | undefined {
    switch (member) {
      case 'GetCapabilities':
        return ['as', [this.markup ? ['actions', 'body', 'body-markup'] : ['actions', 'body']]];
      case 'Notify': {
        const [, replaces, , title, text, actions, , timeout] = body;
        const id = replaces === 0 ? this.#next++ : Number(replaces);
        this.shown.push({ id, title, body: text, actions, timeout });
        return ['u', [id]];
      }
      case 'CloseNotification':
        this.closed.push(body[0]);
        return ['', []];
      default:
        return undefined;
    }
  }
}

const approve: NoticeAction = { type: 'review', request: 'req_1', verdict: 'approve' };
const notice: Notice = {
  key: 'req_1',
  title: 'Alice asks for ledger-db',
  body: '30 min. <img src="http://evil/"> & more',
  click: { type: 'open', place: { page: 'approvals' } },
  buttons: [{ label: 'Approve', action: approve }],
  stays: true,
};

let folder: string;
let daemon: ChildProcess;
let address: string;
let bus: MessageBus;
let desktop: Desktop;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dbus-'));
  daemon = spawn(
    'dbus-daemon',
    ['--session', '--nofork', '--print-address', `--address=unix:path=${folder}/bus`],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  address = await new Promise<string>((resolve, reject) => {
    daemon.once('error', () => reject(new Error('this test needs dbus-daemon (Debian package dbus)')));
    if (daemon.stdout) createInterface(daemon.stdout).once('line', resolve);
  });
  bus = sessionBus({ busAddress: address });
  desktop = new Desktop(bus);
  await bus.requestName(NAME);
});
afterAll(async () => {
  bus?.disconnect();
  daemon?.kill();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  desktop.shown.length = 0;
  desktop.markup = true;
});

async function connected(): Promise<DbusNotifier> {
  const notifier = await DbusNotifier.connect(address, systemClock);
  if (notifier === undefined) throw new Error('not connected');
  return notifier;
}

test('shows buttons, escapes markup, and does what was pressed, once', async () => {
  const notifier = await connected();
  const acted: NoticeAction[] = [];
  await notifier.show(notice, (action) => acted.push(action));
  const [shown] = desktop.shown;
  expect(shown).toMatchObject({
    title: 'Alice asks for ledger-db',
    body: '30 min. &lt;img src="http://evil/"&gt; &amp; more',
    actions: ['default', 'Open', 'action-0', 'Approve'],
    timeout: 0,
  });
  desktop.press(shown?.id ?? 0, 'action-0');
  await vi.waitFor(() => expect(acted).toEqual([approve]));
  desktop.press(shown?.id ?? 0, 'action-0');
  await notifier.show({ ...notice, key: 'other' }, (action) => acted.push(action));
  desktop.press(desktop.shown.at(-1)?.id ?? 0, 'default');
  await vi.waitFor(() => expect(acted).toHaveLength(2));
  expect(acted[1]).toEqual(notice.click);
  notifier.close();
});

test('shows words as they are where no markup is understood', async () => {
  desktop.markup = false;
  const notifier = await connected();
  await notifier.show(notice, () => undefined);
  expect(desktop.shown[0]?.body).toBe(notice.body);
  notifier.close();
});

test('replaces a notice of the same key, and takes it away', async () => {
  const notifier = await connected();
  await notifier.show(notice, () => undefined);
  await notifier.show({ ...notice, title: 'Second' }, () => undefined);
  const [first, second] = desktop.shown;
  expect(second?.id).toBe(first?.id);
  await notifier.withdraw(notice.key);
  expect(desktop.closed).toContain(first?.id);
  notifier.close();
});

test('hears nobody but the desktop: another program on the bus can’t press Approve', async () => {
  const notifier = await connected();
  const acted: NoticeAction[] = [];
  await notifier.show(notice, (action) => acted.push(action));
  const id = desktop.shown[0]?.id ?? 0;
  const stranger = sessionBus({ busAddress: address });
  await stranger.requestName('org.example.Stranger');
  new Desktop(stranger).press(id, 'action-0');
  // The bus keeps the order of one sender; a call through it comes after the signal.
  await stranger.requestName('org.example.Stranger2');
  desktop.press(id, 'default');
  await vi.waitFor(() => expect(acted.length).toBeGreaterThan(0));
  expect(acted).toEqual([notice.click]);
  stranger.disconnect();
  notifier.close();
});

test('is not there where no bus is, or nobody shows notifications', async () => {
  expect(isBusAddress('disabled:')).toBe(false);
  expect(await DbusNotifier.connect(undefined, systemClock)).toBeUndefined();
  expect(await DbusNotifier.connect('disabled:', systemClock)).toBeUndefined();
  expect(await DbusNotifier.connect(`unix:path=${folder}/nothing`, systemClock)).toBeUndefined();
});
