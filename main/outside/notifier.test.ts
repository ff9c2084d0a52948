import { EventEmitter } from 'node:events';
import type { Notification, NotificationConstructorOptions } from 'electron';
import { expect, test } from 'vitest';
import { ElectronNotifier, hasActions } from './electron-notifier.ts';
import type { Notice, NoticeAction } from './notice.ts';
import { escapeMarkup, noticeText } from './notifier.ts';

const open: NoticeAction = { type: 'open', place: { page: 'approvals' } };
const approve: NoticeAction = { type: 'review', request: 'req_1', verdict: 'approve' };
const notice: Notice = {
  key: 'k',
  title: 'Bob asks',
  body: '<b>bold</b> & more',
  click: open,
  buttons: [{ label: 'Approve', action: approve }],
  stays: true,
};

class FakeNotification extends EventEmitter {
  readonly options: NotificationConstructorOptions;
  closed = false;
  constructor(options: NotificationConstructorOptions) {
    super();
    this.options = options;
  }
  show(): void {}
  close(): void {
    this.closed = true;
    this.emit('close');
  }
}
function notifier(platform: NodeJS.Platform, actions: boolean) {
  const made: FakeNotification[] = [];
  const subject = new ElectronNotifier({
    platform,
    hasActions: actions,
    create: (options) => {
      const notification = new FakeNotification(options);
      made.push(notification);
      return notification as unknown as Notification;
    },
  });
  return { made, subject };
}

test('lets nobody’s words become markup, lines or endless text', () => {
  expect(escapeMarkup('<a href="x">&</a>')).toBe('&lt;a href="x"&gt;&amp;&lt;/a&gt;');
  expect(noticeText('two\nlines\u202e and\u0000 more')).toBe('two lines  and  more');
  expect(noticeText('x'.repeat(1000))).toHaveLength(300);
});

test('escapes for libnotify and nowhere else', async () => {
  const linux = notifier('linux', false);
  await linux.subject.show(notice, () => undefined);
  expect(linux.made[0]?.options.body).toBe('&lt;b&gt;bold&lt;/b&gt; &amp; more');
  expect(linux.made[0]?.options).not.toHaveProperty('actions');
  const mac = notifier('darwin', true);
  await mac.subject.show(notice, () => undefined);
  expect(mac.made[0]?.options).toMatchObject({
    body: notice.body,
    actions: [{ type: 'button', text: 'Approve' }],
  });
});

test('acts once on what was pressed, in old and new versions’ events', async () => {
  const acted: NoticeAction[] = [];
  const old = notifier('darwin', true);
  await old.subject.show(notice, (action) => acted.push(action));
  old.made[0]?.emit('action', {}, 0);
  old.made[0]?.emit('click');
  const fresh = notifier('win32', true);
  await fresh.subject.show(notice, (action) => acted.push(action));
  fresh.made[0]?.emit('action', { actionIndex: 0 }, 7);
  expect(acted).toEqual([approve, approve]);
});

test('a notice takes the place of the one before with its key', async () => {
  const { made, subject } = notifier('darwin', true);
  await subject.show(notice, () => undefined);
  await subject.show(notice, () => undefined);
  expect(made.map(({ closed }) => closed)).toEqual([true, false]);
});

test('knows where Electron shows buttons', () => {
  expect([
    hasActions('darwin', '33.2.1'),
    hasActions('linux', '33.2.1'),
    hasActions('win32', '45.0.0'),
  ]).toEqual([true, false, true]);
});
