import { parseDuration } from '@drawbridge/contract';
import { type Command, InvalidArgumentError } from 'commander';

/** A command with the options that all take, and examples under its help. */
export function addCommand(
  program: Command,
  usage: string,
  summary: string,
  examples: readonly string[],
): Command {
  const command = program
    .command(usage)
    .description(summary)
    .option(
      '--gateway <url>',
      'the gateway to use (default: DRAWBRIDGE_GATEWAY, else the last one signed in to)',
    )
    .option('--json', 'print JSON alone');
  if (examples.length > 0)
    command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
  return command;
}

/** `30m`, `1h30m` as seconds. */
export function durationArgument(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('It must be a duration like 30m, 1h or 1h30m.');
  return seconds;
}

export function portArgument(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('It must be a port from 1 to 65535, or 0 for any.');
  return port;
}

export function countArgument(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > 500)
    throw new InvalidArgumentError('It must be a number from 0 to 500.');
  return count;
}

export function factorArgument(text: string): number {
  const factor = Number(text.replace(/x$/, ''));
  if (!(factor > 0)) throw new InvalidArgumentError('It must be a factor above 0, like 1 or 8.');
  return factor;
}

export function channelArgument(text: string): number {
  const channel = Number(text);
  if (!/^\d+$/.test(text) || channel < 1) throw new InvalidArgumentError('It must be a number from 1.');
  return channel;
}

/** `2`, `0.5s` as milliseconds. */
export function secondsArgument(text: string): number {
  const seconds = Number(text.replace(/s$/, ''));
  if (text === '' || !(seconds >= 0)) throw new InvalidArgumentError('It must be seconds, like 2 or 0.5.');
  return seconds * 1000;
}
