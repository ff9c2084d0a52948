import type { IpcMain, IpcMainInvokeEvent, MessagePortMain, WebContents } from 'electron';
import type { z } from 'zod';
import { AppError } from '../app-error.ts';
import { isAppUrl } from './app-origin.ts';
import { CALL_CHANNEL, isOperationName, PORT_CHANNEL, PUSH_CHANNEL } from './channels.ts';
import {
  type IpcAnswer,
  type IpcFailure,
  type OperationName,
  type Operations,
  operations,
  type Pushes,
  type PushName,
  type Result,
} from './contract.ts';
import { INTERNAL_FAILURE, ipcFailure } from './ipc-failure.ts';
import { isPlain } from './is-plain.ts';

/** What main does for each operation; it gets a payload that its schema has let through. */
export type Handlers = {
  readonly [N in OperationName]: (
    payload: z.output<Operations[N]['payload']>,
  ) => Promise<Result<N>> | Result<N>;
};

/** Of an IPC event, what tells who sent it. */
export type Sender = Pick<IpcMainInvokeEvent, 'senderFrame' | 'sender'>;

export interface IpcServerParts {
  readonly ipcMain: Pick<IpcMain, 'handle'>;
  /** The page of our window, while there is one. */
  readonly page: () =>
    | Pick<WebContents, 'id' | 'mainFrame' | 'send' | 'postMessage' | 'isDestroyed'>
    | undefined;
  readonly handlers: Handlers;
  /** Told of failures that are nobody's refusal. Never of payloads. */
  readonly log: (message: string, error: unknown) => void;
}

/**
 * The only door between the page and this process, and the only place that touches `ipcMain`. A call is heard
 * when it comes from the main frame of our own window showing our own origin, names an operation of the
 * contract, and its payload passes that operation's schema; everything else is answered with a refusal.
 */
export class IpcServer {
  readonly #parts: IpcServerParts;

  constructor(parts: IpcServerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#parts.ipcMain.handle(CALL_CHANNEL, (event, name: unknown, payload: unknown) =>
      this.answer(event, name, payload),
    );
  }

  async answer(event: Sender, name: unknown, payload: unknown): Promise<IpcAnswer<unknown>> {
    try {
      if (!this.#isOurs(event))
        throw new AppError('forbidden_sender', 'this page may not ask the app for anything');
      if (!isOperationName(name)) throw new AppError('invalid_payload', 'the app has no such operation');
      if (!isPlain(payload))
        throw new AppError('invalid_payload', `${name} was called with something that is no plain data`);
      const parsed = operations[name].payload.safeParse(payload);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        const place = issue?.path.map(String).join('.') ?? '';
        throw new AppError(
          'invalid_payload',
          `${name} was called wrongly: ${place === '' ? '' : `${place}: `}${issue?.message ?? ''}`,
        );
      }
      // The schema belongs to the name, which TypeScript can't follow through an index.
      const handler = this.#parts.handlers[name] as (payload: unknown) => unknown;
      return { ok: true, value: await handler(parsed.data) };
    } catch (error) {
      return { ok: false, error: this.#failure(error) };
    }
  }

  push<N extends PushName>(name: N, value: Pushes[N]): void {
    const page = this.#parts.page();
    if (page !== undefined && !page.isDestroyed()) page.send(PUSH_CHANNEL, name, value);
  }

  /** Hands the page one end of a channel. */
  sendPort(id: string, port: MessagePortMain): void {
    const page = this.#parts.page();
    if (page !== undefined && !page.isDestroyed()) page.postMessage(PORT_CHANNEL, { port: id }, [port]);
    else port.close();
  }

  #isOurs({ sender, senderFrame }: Sender): boolean {
    const page = this.#parts.page();
    if (page === undefined || senderFrame === null || sender.id !== page.id) return false;
    const { mainFrame } = page;
    const isMainFrame =
      senderFrame.processId === mainFrame.processId && senderFrame.routingId === mainFrame.routingId;
    return isMainFrame && senderFrame.parent === null && isAppUrl(senderFrame.url);
  }

  #failure(error: unknown): IpcFailure {
    const known = ipcFailure(error);
    if (known !== undefined) return known;
    this.#parts.log('an operation failed', error);
    return INTERNAL_FAILURE;
  }
}
