import { once } from 'node:events';
import { type ExportedPart, TextJoiner } from '@drawbridge/contract';
import type { CliContext } from '../cli-context.ts';
import { PlaybackClock } from './playback-clock.ts';
import { TERMINAL_RESTORED, TerminalFilter } from './terminal-filter.ts';

export interface PlayOptions {
  readonly channel: number;
  /** Without it everything is written at once. */
  readonly speed: number | undefined;
  /** Recorded milliseconds. */
  readonly idleLimit: number;
  /** Ends the playing; it then returns. */
  readonly signal: AbortSignal;
}

/** How the playing ended. */
export type Played =
  | { readonly kind: 'end'; readonly exit?: number | string }
  | { readonly kind: 'stopped' }
  /** The recording has no such channel. */
  | { readonly kind: 'nothing' };

/**
 * Writes to stdout what one channel's terminal showed, in its own time, filtered of all that does more than draw.
 * At a terminal, space pauses and q stops.
 */
export async function playTerminal(
  context: Pick<CliContext, 'stdin' | 'stdout' | 'clock'>,
  parts: AsyncIterable<ExportedPart>,
  options: PlayOptions,
): Promise<Played> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const { speed = Number.POSITIVE_INFINITY, idleLimit } = options;
  const clock = new PlaybackClock({ clock: context.clock, speed, idleLimit, signal });
  const keys = context.stdout.isTTY
    ? listenForKeys(context.stdin, (key) => {
        if (key === ' ') clock.toggle();
        // Ctrl-C is a key like others while the terminal hands over every one.
        if (key === 'q' || key === '\u0003') stop.abort();
      })
    : undefined;
  const { stdout } = context;
  const filter = new TerminalFilter();
  const joiners = { stdout: new TextJoiner(), stderr: new TextJoiner() };
  let plain = false;
  let result: Played = { kind: 'nothing' };
  try {
    for await (const part of parts) {
      if (part.kind !== 'event') continue;
      const { event, payload } = part;
      if (!('channel' in event) || event.channel !== options.channel) continue;
      await clock.until(event.at);
      if (event.type === 'channel') {
        plain = event.terminal === undefined;
        result = { kind: 'end' };
      }
      if (event.type === 'exit') {
        const exit = event.signal ?? event.code;
        result = { kind: 'end', ...(exit === undefined ? {} : { exit }) };
      }
      if (event.type !== 'output') continue;
      const text = filter.push(joiners[event.stream].push(payload));
      // The line discipline of the far terminal made CR LF of line feeds; of plain output nobody did.
      if (!stdout.write(plain ? text.replaceAll('\n', '\r\n') : text))
        await once(stdout, 'drain', { signal });
    }
    return result;
  } catch (error) {
    if (!signal.aborted) throw error;
    return { kind: 'stopped' };
  } finally {
    keys?.stop();
    if (stdout.isTTY) stdout.write(`${TERMINAL_RESTORED}\r\n`);
  }
}

/** Hands over single keys as they are typed, where there is a keyboard. */
function listenForKeys(
  stdin: NodeJS.ReadStream,
  onKey: (key: string) => void,
): { readonly stop: () => void } | undefined {
  if (!stdin.isTTY) return undefined;
  const onData = (data: Buffer) => {
    // One key at a time; what comes in one piece was pasted, or is a sequence such as an arrow's.
    const text = data.toString('utf8');
    if (text.length === 1) onKey(text);
  };
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  return {
    stop: () => {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
