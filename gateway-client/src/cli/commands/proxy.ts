import { constants } from 'node:os';
import { DrawbridgeError, type SessionEndCode } from '@drawbridge/contract';
import { type Command, Option } from 'commander';
import { type ByteStream, openByteStream } from '../../byte-stream.ts';
import { ClientError } from '../../client-error.ts';
import { type NamedResource, resourceOfHost } from '../../ssh/host-name.ts';
import { addCommand } from '../add-command.ts';
import { CliContext, type CommonOptions, type Connected } from '../cli-context.ts';
import { EXIT } from '../failure.ts';
import { sshKey } from '../ssh-key.ts';
import { isAccessOver } from '../usable-grant.ts';

interface ProxyOptions extends CommonOptions {
  readonly profile?: string;
  readonly home?: string;
}

export function registerProxy(program: Command, context: CliContext): void {
  addCommand(program, 'proxy <host>', "Join stdin and stdout to a host, for ssh's ProxyCommand", [
    'ssh -o ProxyCommand="drawbridge proxy build-box" … build-box',
    'drawbridge ssh-config --install   # writes this and all that belongs to it',
  ])
    .option('-p, --profile <name>', 'needed only where you have several')
    .addOption(new Option('--home <folder>', 'folder of the sign-ins').hideHelp())
    .action((host: string, options: ProxyOptions) =>
      proxy(options.home === undefined ? context : contextIn(options.home), host, options),
    );
}

/** ssh may be started where DRAWBRIDGE_HOME isn't what it was when its configuration was written. */
const contextIn = (home: string): CliContext =>
  new CliContext({
    env: { ...process.env, DRAWBRIDGE_HOME: home },
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  });

async function proxy(context: CliContext, host: string, options: ProxyOptions): Promise<void> {
  const named = resourceOfHost(host);
  if (named === undefined)
    throw context.usage(
      `${JSON.stringify(host)} names no resource`,
      'Like build-box.drawbridge, or admin.build-box.drawbridge for one of several profiles.',
    );
  const target = { ...named, profile: options.profile ?? named.profile };
  const connected = await context.connect(options);
  const hangUp = new AbortController();
  const stop = (signal: NodeJS.Signals) => hangUp.abort(signal);
  // At a terminal Ctrl-C goes to ssh and to us. What it means is ssh's to say: it ends us, or lets us live.
  const signals = (['SIGTERM', 'SIGHUP', 'SIGINT'] as const).filter(
    (name) => name !== 'SIGINT' || context.stdin.isTTY,
  );
  for (const name of signals) process.on(name, stop);
  if (!context.stdin.isTTY) process.on('SIGINT', ignore);
  try {
    const stream = await open(context, connected, target, hangUp.signal);
    await relay(context, stream);
    const end = await stream.ended;
    if (stream.lost && !hangUp.signal.aborted)
      throw new ClientError('gateway_unreachable', `the connection to ${connected.gateway} was lost`);
    if (end !== undefined) context.exitStatus = statusOf(end);
  } catch (error) {
    if (!hangUp.signal.aborted) throw error;
  } finally {
    for (const name of signals) process.off(name, stop);
    process.off('SIGINT', ignore);
    // An end of ours that nobody reads, and a stdin that nobody closes, would keep the process.
    context.stdin.destroy();
  }
  if (hangUp.signal.aborted)
    context.exitStatus = 128 + constants.signals[hangUp.signal.reason as NodeJS.Signals];
}

const ignore = (): void => undefined;

async function open(
  context: CliContext,
  connected: Connected,
  { resource, profile }: NamedResource,
  signal: AbortSignal,
): Promise<ByteStream> {
  const { gateway, tokens } = connected;
  const { publicKey } = await context.keys.key(gateway);
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const opening = openByteStream({
    gateway,
    tokens,
    resource,
    clientKey: publicKey,
    signal: either,
    ...(profile === undefined ? {} : { profile }),
  });
  // A stream that is hung up on before anybody listens has nobody else to tell.
  opening.then((stream) => stream.on('error', ignore), ignore);
  try {
    // The gateway's first word, which ssh checks by known_hosts, is passed on only once that is written.
    const [stream] = await Promise.all([opening, sshKey(context, connected, either)]);
    return stream;
  } catch (error) {
    failed.abort(error);
    await opening.catch(() => undefined);
    if (!(error instanceof DrawbridgeError) || error.code !== 'invalid_request' || profile !== undefined)
      throw error;
    throw new DrawbridgeError(error.code, error.message, {
      ...error.details,
      hint: `Name one: ssh PROFILE.${resource}.drawbridge, or --profile PROFILE.`,
    });
  }
}

/**
 * Both ways, until either side has ended. The gateway says itself, in the protocol's own words, why it ends; that the
 * connection broke off is told by `lost`, and a destroyed stream's error says nothing more.
 */
async function relay({ stdin, stdout }: CliContext, stream: ByteStream): Promise<void> {
  stdin.on('error', () => stream.end());
  stdin.pipe(stream);
  stream.pipe(stdout, { end: false });
  await stream.ended;
  stdin.unpipe(stream);
  // What came at last may still be on its way to a slow reader.
  if (!stream.destroyed && !stream.readableEnded)
    await new Promise<void>((resolve) => {
      stream.once('end', resolve);
      stream.once('close', resolve);
    });
  if (stdout.writableNeedDrain) await new Promise((resolve) => stdout.once('drain', resolve));
}

const statusOf = (end: SessionEndCode): number => (isAccessOver(end) ? EXIT.accessNeeded : EXIT.failed);
