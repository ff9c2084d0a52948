import { findTerminalChannel, recordingTimeline, type SessionId } from '@drawbridge/contract';
import type { Command } from 'commander';
import type { ApiClient } from '../../api-client.ts';
import { fetchRecording, recordingParts } from '../../recording.ts';
import {
  addCommand,
  channelArgument,
  countArgument,
  factorArgument,
  secondsArgument,
} from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { findSessionId } from '../find-by-id.ts';
import { interruptible } from '../interrupt.ts';
import { printable, printableJson } from '../output/printable.ts';
import { playTerminal } from '../replay/play-terminal.ts';
import { ReplayView } from '../replay/replay-view.ts';

interface ReplayOptions extends CommonOptions {
  readonly rows: number;
  readonly speed?: number;
  /** Milliseconds. */
  readonly idleLimit?: number;
  readonly channel?: number;
  readonly raw?: boolean;
  readonly timeline?: boolean;
}

export function registerReplay(program: Command, context: CliContext): void {
  addCommand(program, 'replay <session>', 'Show what was done in a session, and what was seen', [
    'drawbridge replay ses_9f3a1c2b',
    'drawbridge replay last --rows 50',
    'drawbridge replay last --speed 8   # at eight times the pace it happened',
    'drawbridge replay last --idle-limit 2   # a terminal, with no silence longer than 2 s',
  ])
    .option('--rows <count>', 'at most so many rows of each result', countArgument, 10)
    .option(
      '--speed <factor>',
      'take the time it took, divided by this (default: 1 for a terminal, else no waiting)',
      factorArgument,
    )
    .option('--idle-limit <seconds>', 'cut longer silences to this', secondsArgument)
    .option('--timeline', 'lines, also of what was a terminal')
    .option('--channel <number>', 'the terminal to play (default: the first shell)', channelArgument)
    .option('--raw', 'play the terminal also where stdout is none')
    .action((text: string, options: ReplayOptions) => replay(context, text, options));
}

async function replay(context: CliContext, text: string, options: ReplayOptions): Promise<void> {
  const { api } = await context.connect(options);
  const interrupt = interruptible();
  try {
    const id = await findSessionId(api, text);
    const open = async () => recordingParts(await fetchRecording(api, id, interrupt.signal));
    const channel = await terminalChannel(context, api, id, open, options);
    if (channel === undefined) await showTimeline(context, id, await open(), options, interrupt.signal);
    else await play(context, id, channel, await open(), options, interrupt.signal);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    interrupt.dispose();
  }
}

type Parts = ReturnType<typeof recordingParts>;

/** The channel to play as a terminal; none where lines are wanted, or all there is. */
async function terminalChannel(
  context: CliContext,
  api: Pick<ApiClient, 'call'>,
  id: SessionId,
  open: () => Promise<Parts>,
  { json, timeline, raw, channel }: ReplayOptions,
): Promise<number | undefined> {
  if (json || timeline || !(raw || context.stdout.isTTY)) return undefined;
  if (channel !== undefined) return channel;
  const { protocol } = await api.call('getSession', { params: { id } });
  return protocol === 'ssh' ? findTerminalChannel(await open()) : undefined;
}

async function play(
  context: CliContext,
  id: SessionId,
  channel: number,
  parts: Parts,
  { speed, idleLimit }: ReplayOptions,
  signal: AbortSignal,
): Promise<void> {
  const { style, stdout } = context;
  if (stdout.isTTY) context.note(style.dim(`Playing channel ${channel}. Space pauses, q stops.`));
  const played = await playTerminal(context, parts, {
    channel,
    speed: speed ?? (stdout.isTTY ? 1 : undefined),
    idleLimit: idleLimit ?? Number.POSITIVE_INFINITY,
    signal,
  });
  if (played.kind === 'nothing')
    throw context.usage(`the recording has no channel ${channel}`, `drawbridge replay ${id} --timeline`);
  if (!stdout.isTTY) return;
  const how =
    played.kind === 'stopped'
      ? 'Stopped.'
      : `The recording ends here${played.exit === undefined ? '' : `: exit ${printable(String(played.exit))}`}.`;
  context.note(style.dim(how), context.next(`drawbridge replay ${id} --timeline`));
}

async function showTimeline(
  context: CliContext,
  id: SessionId,
  parts: Parts,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<void> {
  const view = new ReplayView(context, options.rows);
  const idleLimit = options.idleLimit ?? Number.POSITIVE_INFINITY;
  let at = 0;
  let sealed = false;
  for await (const entry of recordingTimeline(parts)) {
    if (entry.kind === 'manifest') sealed = true;
    if (options.json) {
      // The same lines as `export --format ndjson`.
      const line =
        entry.kind === 'event'
          ? entry.event
          : entry.kind === 'header'
            ? { type: 'header', ...entry.header }
            : { type: 'manifest', jws: entry.jws };
      context.stdout.write(`${printableJson(line)}\n`);
      continue;
    }
    if (entry.kind === 'header') context.print(...view.header(entry.header));
    if (entry.kind !== 'event') continue;
    if (options.speed !== undefined && entry.event.at > at)
      await context.clock.sleep(Math.min(entry.event.at - at, idleLimit) / options.speed, signal);
    at = entry.event.at;
    context.print(...view.event(entry.event));
  }
  if (!options.json)
    context.print(
      ...view.end(),
      '',
      sealed
        ? context.next(`drawbridge verify ${id}`)
        : context.style.warn('The session is still open; its recording goes on.'),
    );
}
