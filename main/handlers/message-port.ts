import type { MessagePortMain } from 'electron';

/** Main's end of a channel to the page. */
export interface PagePort<E> {
  send(event: E): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

/** A MessagePort that isn't spoken to any more once it is closed. */
export function pagePort<E>(port: MessagePortMain): PagePort<E> {
  let open = true;
  port.on('close', () => {
    open = false;
  });
  return {
    send: (event) => {
      if (open) port.postMessage(event);
    },
    onMessage: (listener) => {
      port.on('message', ({ data }) => listener(data));
      port.start();
    },
    onClose: (listener) => port.on('close', listener),
    close: () => port.close(),
  };
}
