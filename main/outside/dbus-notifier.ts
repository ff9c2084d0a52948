import { Message, type MessageBus, sessionBus, Variant } from '@jellybrick/dbus-next';
import type { MainClock } from '../clock.ts';
import type { Notice, NoticeAction } from './notice.ts';
import { escapeMarkup, type Notifier, noticeText } from './notifier.ts';

const NAME = 'org.freedesktop.Notifications';
const PATH = '/org/freedesktop/Notifications';
/** Milliseconds. */
const CONNECT_TIMEOUT = 5_000;

/** Whether there is a bus at all: Chromium puts `disabled:` into the environment where there is none. */
export const isBusAddress = (address: string | undefined): address is string =>
  address !== undefined && /^(unix|tcp):/.test(address);

interface Shown {
  readonly key: string;
  readonly actions: ReadonlyMap<string, NoticeAction>;
  readonly act: (action: NoticeAction) => void;
}

/**
 * The desktop's notifications over D-Bus, with buttons, which older Electron doesn't have on Linux.
 * https://specifications.freedesktop.org/notification-spec/latest/
 */
export class DbusNotifier implements Notifier {
  readonly #bus: MessageBus;
  readonly #capabilities: ReadonlySet<string>;
  readonly #shown = new Map<number, Shown>();
  readonly #ids = new Map<string, number>();
  /** What was pressed on a notification whose id is still on its way to us. */
  #early: Message[] = [];
  #asking = 0;
  /** Unique name of who serves the notifications: nobody else's signals count. */
  readonly #server: string;

  private constructor(bus: MessageBus, capabilities: ReadonlySet<string>, server: string) {
    this.#bus = bus;
    this.#capabilities = capabilities;
    this.#server = server;
    bus.on('message', (message) => this.#hear(message));
  }

  /** Connects to the session's bus; undefined where there is none, or nobody who shows notifications in time. */
  static async connect(
    address: string | undefined,
    clock: Pick<MainClock, 'after'>,
  ): Promise<DbusNotifier | undefined> {
    if (!isBusAddress(address)) return undefined;
    let bus: MessageBus | undefined;
    let callOff: () => void = () => undefined;
    try {
      bus = sessionBus({ busAddress: address });
      const events: NodeJS.EventEmitter = bus;
      const failed = new Promise<never>((_resolve, reject) => {
        // Stays: without a listener a bus that goes away later would end the app.
        events.on('error', reject);
        callOff = clock.after(CONNECT_TIMEOUT, () => reject(new Error('the bus does not answer')));
      });
      return await Promise.race([DbusNotifier.#greet(bus), failed]);
    } catch {
      bus?.disconnect();
      return undefined;
    } finally {
      callOff();
    }
  }

  static async #greet(bus: MessageBus): Promise<DbusNotifier> {
    const busCall = (member: string, argument: string) =>
      call(bus, 'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', member, 's', [
        argument,
      ]);
    const [capabilities] = await call(bus, NAME, PATH, NAME, 'GetCapabilities', '', []);
    const [server] = await busCall('GetNameOwner', NAME);
    await busCall('AddMatch', `type='signal',interface='${NAME}',path='${PATH}'`);
    return new DbusNotifier(bus, new Set(capabilities as string[]), String(server));
  }

  async show(notice: Notice, act: (action: NoticeAction) => void): Promise<void> {
    const actions = new Map<string, NoticeAction>([['default', notice.click]]);
    const labels = ['default', 'Open'];
    if (this.#capabilities.has('actions')) {
      notice.buttons.forEach(({ label, action }, index) => {
        actions.set(`action-${index}`, action);
        labels.push(`action-${index}`, label);
      });
    }
    const body = noticeText(notice.body);
    this.#asking += 1;
    const [id] = await call(this.#bus, NAME, PATH, NAME, 'Notify', 'susssasa{sv}i', [
      'Drawbridge',
      this.#ids.get(notice.key) ?? 0,
      'drawbridge-desktop',
      noticeText(notice.title),
      this.#capabilities.has('body-markup') ? escapeMarkup(body) : body,
      labels,
      {
        'desktop-entry': new Variant('s', 'drawbridge-desktop'),
        urgency: new Variant('y', 1),
        ...(notice.stays ? { resident: new Variant('b', false) } : {}),
      },
      // 0: until the person reacts; -1: as long as the desktop likes.
      notice.stays ? 0 : -1,
    ]).finally(() => {
      this.#asking -= 1;
    });
    if (typeof id !== 'number') return;
    this.#ids.set(notice.key, id);
    this.#shown.set(id, { key: notice.key, actions, act });
    const early = this.#early;
    this.#early = [];
    for (const message of early) this.#hear(message);
  }

  async withdraw(key: string): Promise<void> {
    const id = this.#ids.get(key);
    if (id === undefined) return;
    this.#forget(id);
    await call(this.#bus, NAME, PATH, NAME, 'CloseNotification', 'u', [id]).catch(() => undefined);
  }

  close(): void {
    this.#bus.disconnect();
  }

  #hear(message: Message): void {
    if (message.interface !== NAME || message.sender !== this.#server) return;
    const [id, detail] = message.body;
    if (typeof id !== 'number') return;
    const shown = this.#shown.get(id);
    if (shown === undefined) {
      if (this.#asking > 0) this.#early.push(message);
      return;
    }
    if (message.member === 'NotificationClosed') this.#forget(id);
    if (message.member !== 'ActionInvoked') return;
    const action = shown.actions.get(String(detail));
    // Once: a second press of the same button means nothing.
    this.#forget(id);
    if (action !== undefined) shown.act(action);
  }

  #forget(id: number): void {
    const key = this.#shown.get(id)?.key;
    this.#shown.delete(id);
    if (key !== undefined && this.#ids.get(key) === id) this.#ids.delete(key);
  }
}

async function call(
  bus: MessageBus,
  destination: string,
  path: string,
  iface: string,
  member: string,
  signature: string,
  body: unknown[],
): Promise<unknown[]> {
  const reply = await bus.call(new Message({ destination, path, interface: iface, member, signature, body }));
  return reply?.body ?? [];
}
