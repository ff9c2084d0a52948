import type { RecordingEvent } from '@drawbridge/contract';
import type { ChannelEntry, ChannelExit, Refusal, TimelineEntry } from './timeline-entry.ts';

type ChannelEvent = Extract<RecordingEvent, { type: 'channel' | 'signal' | 'file' | 'exit' }>;

/** Looking around and letting go, which every client does by itself and which changes nothing. */
const QUIET: ReadonlySet<string> = new Set(['stat', 'real-path', 'read-link', 'close']);

/** What happened on the channels of a connection, as lines of the timeline. */
export class ChannelEntries {
  readonly #channels = new Map<number, ChannelEntry>();

  /** The line for an event; undefined where it has none of its own. */
  add(event: ChannelEvent): TimelineEntry | undefined {
    const place = { seq: event.seq, at: event.at, channel: event.channel };
    switch (event.type) {
      case 'channel': {
        const { kind: what, command, destination, direction, actions } = event;
        const entry: ChannelEntry = {
          ...place,
          kind: 'channel',
          what,
          actions,
          ...(command !== undefined && { command }),
          ...(destination && { destination: placeOf(destination) }),
          ...(direction && { direction }),
          ...refusalOf(event),
        };
        this.#channels.set(event.channel, entry);
        return entry;
      }
      case 'file': {
        const { operation, path, to, bytes } = event;
        if (event.decision === 'allow' && QUIET.has(operation)) return undefined;
        return {
          ...place,
          kind: 'file',
          operation,
          path,
          ...(to !== undefined && { to }),
          ...(bytes !== undefined && { bytes }),
          ...refusalOf(event),
        };
      }
      case 'signal':
        return { ...place, kind: 'signal', title: `Signal ${event.signal}`, detail: 'sent by the client' };
      case 'exit': {
        const of = this.#channels.get(event.channel);
        const { at, code, signal, bytesIn, bytesOut } = event;
        const exit: ChannelExit = {
          at,
          bytesIn,
          bytesOut,
          ...(code !== undefined && { code }),
          ...(signal !== undefined && { signal }),
        };
        // What was refused has said so already.
        if (of?.refused) return undefined;
        if (of) of.exit = exit;
        return { ...place, kind: 'exit', of, exit };
      }
      default:
        return event satisfies never;
    }
  }
}

/** Port 0 is that of a socket, whose path is the host. */
const placeOf = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  port === 0 ? host : `${host}:${port}`;

function refusalOf(event: {
  readonly decision: 'allow' | 'deny';
  readonly reason?: string | undefined;
  readonly policies?: readonly string[] | undefined;
}): { refused?: Refusal } {
  if (event.decision === 'allow') return {};
  return { refused: { reason: event.reason ?? 'refused', policies: event.policies ?? [] } };
}
