import type { AcceptConnection, Channel, Client, Connection, RejectConnection } from 'ssh2';
import type { Session } from '../../../sessions/session.ts';
import { type Destination, named } from './destination.ts';
import { Forwards } from './forwards.ts';
import { OpenFailure, refuseOpen } from './refuse-open.ts';
import { RemoteForwards } from './remote-forwards.ts';

export interface ForwardingParts {
  readonly session: Session;
  nextChannel(): number;
  readonly client: Connection;
  readonly target: Client;
  /** Nothing can be recorded any more. */
  onFailure(error: unknown): void;
}

type OnChannel = (error: Error | undefined, channel: Channel) => void;

/**
 * Port forwarding in all its forms: `-L`, `-D`, `-J` and sockets open a channel for each connection; `-R` asks for a
 * listener first, see `RemoteForwards`. Each is the action `ssh.forward`; bytes are counted and not recorded.
 */
export class Forwarding {
  readonly #parts: ForwardingParts;
  readonly #forwards: Forwards;

  constructor(parts: ForwardingParts) {
    this.#parts = parts;
    this.#forwards = new Forwards(parts);
  }

  /** Answers the client from now on. To be called before it can ask. */
  attach(): void {
    const { client, target, session, onFailure } = this.#parts;
    client.on('tcpip', (accept, reject, { destIP: host, destPort: port, srcIP, srcPort }) => {
      const open = (done: OnChannel) => void target.forwardOut(srcIP, srcPort, host, port, done);
      this.#open({ host, port, direction: 'out' }, accept, reject, open);
    });
    client.on('openssh.streamlocal', (accept, reject, { socketPath: host }) => {
      const open = (done: OnChannel) => void target.openssh_forwardOutStreamLocal(host, done);
      this.#open({ host, port: 0, direction: 'out' }, accept, reject, open);
    });
    new RemoteForwards({ forwards: this.#forwards, client, target, onFailure }).attach();
    const end = () => this.end();
    client.once('close', end);
    target.once('close', end);
    session.signal.addEventListener('abort', end, { once: true });
    if (session.signal.aborted) end();
  }

  /** Ends all forwards, and has their ends recorded. */
  end(): void {
    this.#forwards.end();
  }

  #open(
    destination: Destination,
    accept: AcceptConnection,
    reject: RejectConnection,
    open: (done: OnChannel) => void,
  ): void {
    void this.#tryOpen(destination, accept, reject, open).catch((error: unknown) => {
      reject();
      this.#parts.onFailure(error);
    });
  }

  async #tryOpen(
    destination: Destination,
    accept: AcceptConnection,
    reject: RejectConnection,
    open: (done: OnChannel) => void,
  ): Promise<void> {
    const { client, session } = this.#parts;
    const forward = await this.#forwards.ask(destination);
    if ('reason' in forward) {
      refuseOpen(client, reject, OpenFailure.prohibited, `${forward.reason} (${named(destination)})`);
      return;
    }
    let channel: Channel;
    try {
      channel = await new Promise<Channel>((resolve, fail) =>
        open((error, opened) => (error ? fail(error) : resolve(opened))),
      );
    } catch (error) {
      forward.close();
      const reason = `${session.resource.name} could not connect to ${named(destination)}${because(error)}`;
      refuseOpen(client, reject, OpenFailure.connectFailed, reason);
      return;
    }
    if (this.#forwards.over) channel.destroy().resume();
    else forward.join(accept(), channel);
  }
}

/** The target's own words, as far as it has some. */
function because(error: unknown): string {
  const words =
    error instanceof Error ? error.message.replace('(SSH) Channel open failure: ', '').slice(0, 200) : '';
  return words === '' ? '' : `: ${words}`;
}
