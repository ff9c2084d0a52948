import type { Asked } from '../../../sessions/session.ts';
import type { ClientLink } from '../server/client-link.ts';
import type { WireChannel } from '../server/ssh2-wire.ts';

/** What a terminal sends for Ctrl-C. */
const INTERRUPT = 0x03;

/** What the person is told that waits. */
export function heldWords({ id, waitsFor, expiresAt, breakable }: Asked): string {
  const until = new Date(expiresAt).toISOString().slice(11, 19);
  const glass = breakable ? `; drawbridge break-glass ${id} lets it run at once` : '';
  return `held for ${waitsFor.join(' and ')} until ${until} UTC (${id}), Ctrl-C withdraws it${glass}`;
}

/** A shell or a command while people decide whether it may run: its client may think better of it. */
export class HeldCommand {
  readonly #abort = new AbortController();
  readonly #forget: (() => void) | undefined;

  /**
   * @param stream the client's channel; what comes there stays there
   * @param over aborted when the connection is over
   * @param isTerminal without a terminal the client itself takes Ctrl-C, and closes the channel
   */
  constructor(stream: WireChannel, link: ClientLink, over: AbortSignal, isTerminal: boolean) {
    this.signal = AbortSignal.any([this.#abort.signal, over]);
    if (isTerminal)
      this.#forget = link.onInput(stream, (data) => {
        if (data.includes(INTERRUPT)) this.withdraw();
      });
  }

  /** Aborted when the client does not want it any more. */
  readonly signal: AbortSignal;

  withdraw(): void {
    this.#abort.abort();
  }

  /** Nothing is held any more. */
  end(): void {
    this.#forget?.();
  }
}
