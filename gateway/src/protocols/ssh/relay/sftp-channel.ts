import type { ServerChannel } from 'ssh2';
import { ClientChannel } from '../server/client-channel.ts';
import type { WireChannel } from '../server/ssh2-wire.ts';
import { SftpRelay } from '../sftp/sftp-relay.ts';
import type { ChannelContext, Running } from './channel-context.ts';
import { channelEvent } from './channel-event.ts';
import { FAILED } from './command-relay.ts';

/** Each request in the channel is decided on by itself, with its path; opening it does nothing yet. */
const OPENED = { verdict: 'allow', policies: [] } as const;

/** One SFTP subsystem: opened at the target, and handed to `SftpRelay`. */
export class SftpChannel implements Running {
  readonly #context: ChannelContext;
  readonly #client: ClientChannel;
  readonly #number: number;
  readonly #ended: () => void;
  #over = false;

  /** @param stream the client's channel, accepted already. */
  constructor(stream: WireChannel, context: ChannelContext) {
    this.#context = context;
    this.#client = new ClientChannel(stream, context.client);
    this.#number = context.nextChannel();
    context.client.throttle(stream);
    stream.once('close', () => this.#finish());
    this.#ended = context.runs(this);
  }

  /** @throws RecordingFailed */
  start(): void {
    const { session, target, guard } = this.#context;
    session.record([channelEvent({ channel: this.#number, kind: 'sftp' }, [], OPENED)]);
    target.subsys('sftp', (error, channel) =>
      guard(() => {
        if (error !== undefined) this.#giveUp(`${session.resource.name} offers no SFTP: ${error.message}`);
        else this.#relay(channel as unknown as WireChannel);
      }),
    );
  }

  end(message: string): void {
    // The relay does it by itself then; it may be in the middle of an answer.
    if (this.#over || this.#context.session.signal.aborted) return;
    this.#tell(message);
    this.#finish();
  }

  #relay(target: WireChannel): void {
    const { fail, session } = this.#context;
    target.stderr.on('error', () => undefined).resume();
    target.on('error', () => undefined);
    if (this.#over) {
      target.close();
      return;
    }
    const client = this.#client.stream as unknown as ServerChannel;
    const channel = this.#number;
    const relay = new SftpRelay({ session, channel, client, target, onFailure: fail });
    void relay
      .run()
      .then((end) => {
        session.record([{ event: { type: 'exit', channel, ...end } }]);
        this.#finish();
      })
      .catch(fail);
  }

  #giveUp(reason: string): void {
    if (this.#over) return;
    const { session } = this.#context;
    session.record([
      { event: { type: 'exit', channel: this.#number, code: FAILED, bytesIn: 0, bytesOut: 0 } },
    ]);
    this.#tell(reason);
    this.#finish();
  }

  #tell(text: string): void {
    this.#client.send(Buffer.from(`drawbridge: ${text}\n`), 'stderr');
    this.#client.close({ code: FAILED });
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended();
  }
}
