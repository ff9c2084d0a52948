import { DrawbridgeError, LiveEvent } from '@drawbridge/contract';
import { createParser } from 'eventsource-parser';
import type { ApiClient } from './api-client.ts';
import { ClientError } from './client-error.ts';
import { type ClientClock, systemClock } from './clock.ts';

/** The gateway writes at least a comment each 15 s; a stream silent for this long is dead. Milliseconds. */
const SILENCE_MS = 45_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** Characters of one event; larger ones end the stream instead of filling the memory. */
const LARGEST_EVENT = 4 * 1024 * 1024;

/** The stream is down and will be tried again after `retryIn` milliseconds. */
export interface Disconnected {
  readonly type: 'disconnected';
  readonly error: Error;
  readonly retryIn: number;
}

export interface LiveEventsOptions {
  readonly api: Pick<ApiClient, 'stream'>;
  readonly signal: AbortSignal;
  readonly clock?: Pick<ClientClock, 'sleep'>;
  /** In [0, 1); spreads reconnects. */
  readonly random?: () => number;
  /** Milliseconds without a byte until the stream counts as dead; default 45 s. */
  readonly silence?: number;
}

/**
 * The gateway's live events, for ever: a lost stream is opened again with growing, jittered waits. `hello`
 * comes after each connect, and then the caller reads its lists anew. Ends when `signal` aborts; throws
 * only what waiting doesn't mend: `sign_in_required`, `signed_out`, `token_invalid`, `forbidden`.
 */
export async function* liveEvents(options: LiveEventsOptions): AsyncGenerator<LiveEvent | Disconnected> {
  const { api, signal, clock = systemClock, random = Math.random, silence = SILENCE_MS } = options;
  let failures = 0;
  while (!signal.aborted) {
    let error: Error;
    try {
      for await (const event of oneStream(api, signal, silence)) {
        failures = 0;
        yield event;
      }
      error = new ClientError('gateway_unreachable', 'the event stream was closed');
    } catch (caught) {
      if (signal.aborted) return;
      if (isFinal(caught)) throw caught;
      error = caught instanceof Error ? caught : new Error(String(caught));
    }
    if (signal.aborted) return;
    const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    failures += 1;
    const retryIn = Math.round(ceiling / 2 + (random() * ceiling) / 2);
    yield { type: 'disconnected', error, retryIn };
    try {
      await clock.sleep(retryIn, signal);
    } catch {
      return;
    }
  }
}

const isFinal = (error: unknown): boolean =>
  error instanceof DrawbridgeError &&
  ['sign_in_required', 'signed_out', 'token_invalid', 'forbidden', 'policy_denied'].includes(error.code);

async function* oneStream(
  api: Pick<ApiClient, 'stream'>,
  outer: AbortSignal,
  silence: number,
): AsyncGenerator<LiveEvent> {
  const dead = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => dead.abort(new ClientError('gateway_timeout', 'the event stream fell silent')),
      silence,
    );
  };
  const ready: LiveEvent[] = [];
  const parser = createParser({
    maxBufferSize: LARGEST_EVENT,
    onEvent: ({ data }) => {
      const event = parseEvent(data);
      if (event) ready.push(event);
    },
  });
  const decoder = new TextDecoder();
  try {
    alive();
    const chunks = await api.stream('events', {}, { signal: AbortSignal.any([outer, dead.signal]) });
    for await (const chunk of chunks) {
      alive();
      parser.feed(decoder.decode(chunk, { stream: true }));
      for (let event = ready.shift(); event; event = ready.shift()) yield event;
    }
  } finally {
    clearTimeout(timer);
    // Leaves no open connection when the caller stops iterating.
    dead.abort();
  }
}

/** Events of a newer gateway that this version doesn't know are passed over. */
function parseEvent(data: string): LiveEvent | undefined {
  try {
    const parsed = LiveEvent.safeParse(JSON.parse(data));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
