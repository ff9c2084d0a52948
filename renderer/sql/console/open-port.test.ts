import { afterEach, describe, expect, it } from 'vitest';
import { openPort } from './open-port.ts';

/** A message as a window gets one: Node's own can't have a window as its source. */
class Arrival extends MessageEvent<unknown> {
  readonly #from: unknown;
  readonly #port: MessagePort;
  constructor(data: unknown, from: unknown, port: MessagePort) {
    super('message', { data });
    this.#from = from;
    this.#port = port;
  }
  override get source() {
    return this.#from as Window;
  }
  override get ports() {
    return [this.#port];
  }
}

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});
function newPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  return port1 as MessagePort;
}
const page = () => new EventTarget() as Window & EventTarget;

describe('openPort', () => {
  it('takes the port with its id from its own window, and no other', async () => {
    const window = page();
    const own = newPort();
    const opened = openPort(window, 'a', async () => {}, new AbortController().signal);
    window.dispatchEvent(new Arrival({ port: 'b' }, window, newPort()));
    window.dispatchEvent(new Arrival({ port: 'a' }, page(), newPort()));
    window.dispatchEvent(new Arrival('a', window, newPort()));
    window.dispatchEvent(new Arrival({ port: 'a' }, window, own));
    expect(await opened).toBe(own);
  });

  it('fails as the asking failed', async () => {
    const refused = new Error('no access');
    await expect(
      openPort(page(), 'a', () => Promise.reject(refused), new AbortController().signal),
    ).rejects.toBe(refused);
  });

  it('closes a port that comes after nobody waits for it any more', async () => {
    const window = page();
    const abort = new AbortController();
    const opened = openPort(window, 'a', async () => {}, abort.signal);
    abort.abort(new Error('closed'));
    await expect(opened).rejects.toThrow('closed');
    const late = newPort();
    const closed = new Promise((resolve) => late.addEventListener('close', resolve));
    window.dispatchEvent(new Arrival({ port: 'a' }, window, late));
    await closed;
  });
});
