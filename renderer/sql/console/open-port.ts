/** Where ports arrive: the page's own window. */
type Arrivals = Pick<Window, 'addEventListener' | 'removeEventListener'>;

/**
 * Asks the main process for a MessagePort and waits for it: it comes as a `message` event of the window that names
 * `id`. Only the preload of this very window can send one, so anything from elsewhere is left alone.
 * @throws what `ask` throws, or the signal's reason.
 */
export async function openPort(
  window: Arrivals,
  id: string,
  ask: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<MessagePort> {
  let take: (port: MessagePort) => void = () => {};
  let abort: () => void = () => {};
  const arrived = new Promise<MessagePort>((resolve, reject) => {
    take = resolve;
    abort = () => reject(signal.reason);
  });
  const listen = (event: Event) => {
    if (!(event instanceof MessageEvent) || event.source !== window || !names(event.data, id)) return;
    const port = event.ports[0];
    if (port === undefined) return;
    window.removeEventListener('message', listen);
    // One that comes after the abort is closed, so that its connection ends too.
    if (signal.aborted) port.close();
    else take(port);
  };
  window.addEventListener('message', listen);
  signal.addEventListener('abort', abort);
  try {
    signal.throwIfAborted();
    const [port] = await Promise.all([arrived, ask()]);
    return port;
  } catch (error) {
    if (!signal.aborted) window.removeEventListener('message', listen);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const names = (data: unknown, id: string): boolean =>
  typeof data === 'object' && data !== null && 'port' in data && data.port === id;
