import type { Notification } from 'electron';
import type { Notice, NoticeAction } from './notice.ts';
import { escapeMarkup, type Notifier, noticeText } from './notifier.ts';

export interface ElectronNotifierParts {
  readonly create: (options: Electron.NotificationConstructorOptions) => Notification;
  readonly platform: NodeJS.Platform;
  /** Whether this Electron shows buttons here: macOS always, elsewhere newer versions. */
  readonly hasActions: boolean;
}

/** Electron documents actions for every platform from this major version on; before it macOS alone had them. */
const ACTIONS_EVERYWHERE = 45;
export const hasActions = (platform: NodeJS.Platform, electronVersion: string): boolean =>
  platform === 'darwin' || Number.parseInt(electronVersion, 10) >= ACTIONS_EVERYWHERE;

/** Notifications by Electron itself. Without buttons a click opens the place where the person can act. */
export class ElectronNotifier implements Notifier {
  readonly #parts: ElectronNotifierParts;
  /** Kept: a notification that is collected as garbage no longer tells of clicks. */
  readonly #shown = new Map<string, Notification>();

  constructor(parts: ElectronNotifierParts) {
    this.#parts = parts;
  }

  async show(notice: Notice, act: (action: NoticeAction) => void): Promise<void> {
    const { platform } = this.#parts;
    // libnotify takes markup in the body; the others show it as it stands.
    const body = noticeText(notice.body);
    const notification = this.#parts.create({
      title: noticeText(notice.title),
      body: platform === 'linux' ? escapeMarkup(body) : body,
      timeoutType: notice.stays ? 'never' : 'default',
      ...(this.#parts.hasActions
        ? { actions: notice.buttons.map(({ label }) => ({ type: 'button' as const, text: label })) }
        : {}),
    });
    this.#shown.get(notice.key)?.close();
    this.#shown.set(notice.key, notification);
    const once = (action: NoticeAction | undefined) => {
      if (this.#shown.get(notice.key) !== notification) return;
      this.#shown.delete(notice.key);
      if (action !== undefined) act(action);
    };
    notification.on('click', () => once(notice.click));
    // The index is a parameter of its own in older versions, a property of the event in newer ones.
    notification.on('action', (details, index) => once(notice.buttons[details.actionIndex ?? index]?.action));
    notification.on('close', () => once(undefined));
    notification.show();
  }

  async withdraw(key: string): Promise<void> {
    const notification = this.#shown.get(key);
    this.#shown.delete(key);
    notification?.close();
  }

  close(): void {
    for (const notification of this.#shown.values()) notification.close();
    this.#shown.clear();
  }
}
