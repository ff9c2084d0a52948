import type { Channel, Client, Connection, RejectConnection } from 'ssh2';
import type { Destination } from './destination.ts';
import type { Forward, Forwards } from './forwards.ts';

export interface RemoteForwardsParts {
  readonly forwards: Forwards;
  readonly client: Connection;
  readonly target: Client;
  /** Nothing can be recorded any more. */
  onFailure(error: unknown): void;
}

/** Where the target listens for the client, and the decision that it may. */
interface Listener {
  readonly at: Destination;
  readonly forward: Forward;
}

type Done = (error: Error | null | undefined) => void;

/** Answers a global request; undefined where the client wants no answer. */
interface Answer {
  readonly accept: ((port: number) => void) | undefined;
  readonly reject: (() => void) | undefined;
}

const keyOf = ({ host, port }: Pick<Destination, 'host' | 'port'>): string => `${port} ${host}`;

/** `-R`: the target listens, and each connection that comes there becomes a channel to the client. */
export class RemoteForwards {
  readonly #parts: RemoteForwardsParts;
  readonly #listeners = new Map<string, Listener>();

  constructor(parts: RemoteForwardsParts) {
    this.#parts = parts;
  }

  attach(): void {
    const { client, target } = this.#parts;
    // One listener for all requests; ssh2's types have one for each pair of names.
    (client as NodeJS.EventEmitter).on(
      'request',
      (accept: Answer['accept'], reject: Answer['reject'], name: string, about: RequestInfo) =>
        this.#guard(reject, () => this.#request({ accept, reject }, name, about)),
    );
    target.on('tcp connection', ({ destIP: host, destPort: port, srcIP, srcPort }, accept, reject) =>
      this.#arrive({ host, port, direction: 'in' }, accept, reject, (done) =>
        client.forwardOut(host, port, srcIP, srcPort, done),
      ),
    );
    target.on('unix connection', ({ socketPath: host }, accept, reject) =>
      this.#arrive({ host, port: 0, direction: 'in' }, accept, reject, (done) =>
        client.openssh_forwardOutStreamLocal(host, done),
      ),
    );
  }

  async #request(answer: Answer, name: string, about: RequestInfo): Promise<void> {
    const { target } = this.#parts;
    const { bindAddr = '', bindPort = 0, socketPath = '' } = about;
    const tcp = { host: bindAddr, port: bindPort, direction: 'in' } as const;
    const socket = { host: socketPath, port: 0, direction: 'in' } as const;
    switch (name) {
      case 'tcpip-forward':
        return this.#listen(tcp, answer, (done) =>
          target.forwardIn(bindAddr, bindPort, (error, port) => done(error, port)),
        );
      case 'cancel-tcpip-forward':
        return this.#cancel(tcp, answer, (done) => target.unforwardIn(bindAddr, bindPort, done));
      case 'streamlocal-forward@openssh.com':
        return this.#listen(socket, answer, (done) =>
          target.openssh_forwardInStreamLocal(socketPath, (error) => done(error, 0)),
        );
      case 'cancel-streamlocal-forward@openssh.com':
        return this.#cancel(socket, answer, (done) =>
          target.openssh_unforwardInStreamLocal(socketPath, done),
        );
      default:
        answer.reject?.();
    }
  }

  async #listen(
    asked: Destination,
    { accept, reject }: Answer,
    listen: (done: (error: Error | null | undefined, port: number) => void) => void,
  ): Promise<void> {
    const forward = this.#listeners.has(keyOf(asked))
      ? { reason: 'it listens there already' }
      : await this.#parts.forwards.ask(asked);
    if ('reason' in forward) {
      // The protocol has no room for the reason: it is in the recording.
      reject?.();
      return;
    }
    listen((error, port) => {
      if (error || this.#parts.forwards.over) {
        forward.close();
        reject?.();
        return;
      }
      const at = { ...asked, port };
      this.#listeners.set(keyOf(at), { at, forward });
      accept?.(port);
    });
  }

  #cancel(asked: Destination, { accept, reject }: Answer, cancel: (done: Done) => void): void {
    const listener = this.#listeners.get(keyOf(asked));
    if (listener === undefined) {
      reject?.();
      return;
    }
    cancel((error) => {
      if (error) {
        reject?.();
        return;
      }
      this.#listeners.delete(keyOf(asked));
      listener.forward.close();
      accept?.(asked.port);
    });
  }

  #arrive(
    at: Destination,
    accept: () => Channel,
    reject: RejectConnection,
    open: (done: (error: Error | undefined, channel: Channel) => void) => void,
  ): void {
    this.#guard(reject, async () => {
      const { forwards } = this.#parts;
      const listener = this.#listeners.get(keyOf(at));
      const forward =
        listener === undefined || forwards.over
          ? { reason: 'nothing listens there' }
          : forwards.arrived(at, listener.forward.policies);
      if ('reason' in forward) {
        reject();
        return;
      }
      open((error, channel) => {
        if (error) {
          forward.close();
          reject();
        } else if (forwards.over) channel.destroy().resume();
        else forward.join(channel, accept());
      });
    });
  }

  #guard(reject: (() => void) | undefined, work: () => Promise<void>): void {
    void work().catch((error: unknown) => {
      reject?.();
      this.#parts.onFailure(error);
    });
  }
}

/** Of each request the part that it has. */
interface RequestInfo {
  readonly bindAddr?: string;
  readonly bindPort?: number;
  readonly socketPath?: string;
}
