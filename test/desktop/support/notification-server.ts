import { Message, type MessageBus, sessionBus } from '@jellybrick/dbus-next';
import { z } from 'zod';

const NAME = 'org.freedesktop.Notifications';
const PATH = '/org/freedesktop/Notifications';
/** Why a notification closed: its own words for "dismissed by the user" and "closed by a call". */
const CLOSED = { dismissed: 2, byCall: 3 } as const;

/** Arguments of `Notify` that matter here: app name, replaces, icon, summary, body, actions, hints, timeout. */
const NotifyArguments = z.tuple([
  z.string(),
  z.int(),
  z.string(),
  z.string(),
  z.string(),
  z.array(z.string()),
  z.unknown(),
  z.int(),
]);

/** A notification as the desktop would show it. */
export interface ShownNotification {
  readonly id: number;
  readonly app: string;
  readonly summary: string;
  readonly body: string;
  /** Labels by key, in the order in which they were given. */
  readonly actions: ReadonlyMap<string, string>;
  closed: boolean;
}

/**
 * Plays the desktop's side of the Desktop Notifications Specification 1.2: remembers what it is asked to show and
 * presses what a test says.
 */
export class NotificationServer {
  readonly shown: ShownNotification[] = [];
  readonly #bus: MessageBus;
  readonly #waiting = new Set<() => void>();
  #lastId = 0;

  private constructor(bus: MessageBus) {
    this.#bus = bus;
  }

  static async start(busAddress: string): Promise<NotificationServer> {
    const bus = sessionBus({ busAddress });
    const server = new NotificationServer(bus);
    bus.addMethodHandler((message) => server.#answer(message));
    await bus.requestName(NAME);
    return server;
  }

  async stop(): Promise<void> {
    this.#bus.disconnect();
  }

  /**
   * Resolves to the first notification, shown already or to come, whose summary or body says this.
   * @throws Error when none comes within `patience` ms.
   */
  async says(words: string | RegExp, patience = 10_000): Promise<ShownNotification> {
    const matches = ({ summary, body }: ShownNotification) => {
      const text = `${summary}\n${body}`;
      return typeof words === 'string' ? text.includes(words) : words.test(text);
    };
    const deadline = AbortSignal.timeout(patience);
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.shown.find(matches);
        if (!found && !deadline.aborted) return;
        this.#waiting.delete(look);
        if (found) resolve(found);
        else reject(new Error(`No notification says ${words}. Shown: ${JSON.stringify(this.#texts())}`));
      };
      this.#waiting.add(look);
      deadline.addEventListener('abort', look, { once: true });
      look();
    });
  }

  /** Presses the button with this label, or what `default` stands for, the notification itself. */
  press(notification: ShownNotification, label: string): void {
    const key = [...notification.actions].find(([key, text]) => text === label || key === label)?.[0];
    if (key === undefined)
      throw new Error(`It has no "${label}", but ${[...notification.actions.values()].join(', ')}.`);
    this.#signal('ActionInvoked', 'us', [notification.id, key]);
    this.#close(notification.id, CLOSED.dismissed);
  }

  #texts(): string[] {
    return this.shown.map(({ summary, body }) => `${summary}: ${body}`);
  }

  #answer(message: Message): boolean {
    if (message.interface !== NAME || message.path !== PATH) return false;
    switch (message.member) {
      case 'GetCapabilities':
        this.#reply(message, 'as', [['actions', 'body', 'body-markup', 'persistence']]);
        return true;
      case 'GetServerInformation':
        this.#reply(message, 'ssss', ['drawbridge-tests', 'Drawbridge', '1', '1.2']);
        return true;
      case 'Notify':
        this.#reply(message, 'u', [this.#show(NotifyArguments.parse(message.body))]);
        return true;
      case 'CloseNotification':
        this.#close(z.tuple([z.int()]).parse(message.body)[0], CLOSED.byCall);
        this.#reply(message, '', []);
        return true;
      default:
        return false;
    }
  }

  #show([app, replaces, , summary, body, flat]: z.infer<typeof NotifyArguments>): number {
    if (replaces === 0) this.#lastId += 1;
    const id = replaces === 0 ? this.#lastId : replaces;
    const actions = new Map<string, string>();
    for (let index = 0; index + 1 < flat.length; index += 2)
      actions.set(flat[index] ?? '', flat[index + 1] ?? '');
    this.shown.push({ id, app, summary, body, actions, closed: false });
    for (const look of [...this.#waiting]) look();
    return id;
  }

  #close(id: number, reason: number): void {
    for (const notification of this.shown) if (notification.id === id) notification.closed = true;
    this.#signal('NotificationClosed', 'uu', [id, reason]);
  }

  #reply(message: Message, signature: string, body: unknown[]): void {
    this.#bus.send(Message.newMethodReturn(message, signature, body));
  }

  #signal(member: string, signature: string, body: unknown[]): void {
    this.#bus.send(Message.newSignal(PATH, NAME, member, signature, body));
  }
}
