import type { Me } from '@drawbridge/contract';
import type { Command } from 'commander';
import open from 'open';
import { ClientError } from '../../client-error.ts';
import { gatewayUrl } from '../../gateway-url.ts';
import { signIn, signInWithDevice } from '../../sign-in.ts';
import { addCommand } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { interruptible } from '../interrupt.ts';
import { printable } from '../output/printable.ts';

export function registerSignIn(program: Command, context: CliContext): void {
  addCommand(program, 'login', 'Sign in to a gateway', [
    'drawbridge login --gateway https://drawbridge.example.com',
    'drawbridge login --device   # on a machine without a browser',
  ])
    .option('--device', 'show a code to type on another device instead of opening a browser')
    .action((options: LoginOptions) => login(context, options));

  addCommand(program, 'logout', 'Sign out: ends this sign-in, its tokens and its live sessions', [
    'drawbridge logout',
    'drawbridge logout --everywhere',
  ])
    .option('--everywhere', 'end all your sign-ins, on every computer')
    .action((options: LogoutOptions) => logout(context, options));

  addCommand(program, 'whoami', 'Show who is signed in, where, and what they may do', [
    'drawbridge whoami',
  ]).action((options: CommonOptions) => whoami(context, options));
}

interface LoginOptions extends CommonOptions {
  readonly device?: boolean;
}

async function login(context: CliContext, options: LoginOptions): Promise<void> {
  const named = options.gateway ?? context.env.DRAWBRIDGE_GATEWAY ?? (await context.store.currentGateway());
  if (named === undefined || named === '')
    throw context.usage('which gateway?', 'drawbridge login --gateway https://drawbridge.example.com');
  const gateway = gatewayUrl(named);
  const interrupt = interruptible();
  try {
    const signedIn = options.device
      ? await signInWithDevice({
          gateway,
          signal: interrupt.signal,
          onCode: (code) =>
            showCode(context, code.userCode, code.verificationUri, code.verificationUriComplete),
        })
      : await signIn({ gateway, signal: interrupt.signal, openBrowser: (url) => openBrowser(context, url) });
    await context.keys.remove(gateway);
    await context.store.write(signedIn);
    await context.store.setCurrentGateway(gateway);
  } finally {
    interrupt.dispose();
  }
  const { api } = await context.connect({ gateway });
  const me = await api.call('me');
  const stored = await context.store.read(gateway);
  if (stored) await context.store.write({ ...stored, name: me.user.name });
  context.show(options, me, () => [
    `${context.style.good('✓')} Signed in to ${gateway}`,
    ...describe(context, me),
    '',
    context.next('drawbridge resources'),
  ]);
}

/** Shows the address too: the browser that opens may be on the wrong screen, or none. */
async function openBrowser(context: CliContext, url: string): Promise<void> {
  const headless = process.platform === 'linux' && !context.env.DISPLAY && !context.env.WAYLAND_DISPLAY;
  if (headless || context.env.SSH_CONNECTION) {
    context.note(
      'There seems to be no browser here. Open this address on this computer:',
      '',
      `  ${context.style.link(url)}`,
      '',
      'or start again with: drawbridge login --device',
    );
    return;
  }
  context.note(
    'Your browser opens to sign you in. If it does not, open:',
    '',
    `  ${context.style.link(url)}`,
    '',
  );
  try {
    const browser = await open(url);
    browser.on('error', () => context.note('No browser could be opened.'));
    browser.unref();
  } catch {
    context.note('No browser could be opened; use the address above, or: drawbridge login --device');
  }
}

function showCode(context: CliContext, code: string, address: string, complete: string | undefined): void {
  context.note(
    `Open ${context.style.link(printable(address))} and type the code`,
    '',
    `  ${context.style.bold(printable(code))}`,
    '',
  );
  if (complete !== undefined) context.note(`or open ${context.style.link(printable(complete))}`, '');
  context.note('Waiting for you…');
}

interface LogoutOptions extends CommonOptions {
  readonly everywhere?: boolean;
}

async function logout(context: CliContext, options: LogoutOptions): Promise<void> {
  const { gateway, api } = await context.connect(options);
  let sessionsEnded = 0;
  let trouble: unknown;
  try {
    ({ sessionsEnded } = await api.call('signOut', { body: { everywhere: options.everywhere ?? false } }));
  } catch (error) {
    trouble = error;
  }
  await context.keys.remove(gateway);
  await context.store.remove(gateway);
  if (trouble instanceof ClientError) {
    throw new ClientError(
      trouble.code,
      `signed out on this computer only: ${trouble.message}`,
      'The sign-in ends at the gateway by itself; to end it now, sign in again and type: drawbridge logout --everywhere',
      { cause: trouble },
    );
  }
  context.show(options, { gateway, sessionsEnded }, () => [
    `${context.style.good('✓')} Signed out of ${gateway}${sessionsEnded > 0 ? `, ${sessionsEnded} live session${sessionsEnded === 1 ? '' : 's'} ended` : ''}`,
  ]);
}

async function whoami(context: CliContext, options: CommonOptions): Promise<void> {
  const { gateway, api } = await context.connect(options);
  const me = await api.call('me');
  const others = (await context.store.gateways()).filter((other) => other !== gateway);
  context.show(options, { ...me, url: gateway }, () => [
    ...describe(context, me),
    `  ${context.style.dim('gateway')} ${gateway} (version ${printable(me.gateway.version)})`,
    ...(others.length > 0 ? ['', `Also signed in to ${others.join(', ')}; choose with --gateway.`] : []),
  ]);
}

function describe(context: CliContext, { user, may }: Me): string[] {
  const { style } = context;
  const rights = [
    may.review && 'review requests',
    may.viewRecordings && 'view recordings',
    may.readAdmin && 'read the configuration',
    may.apply && 'change the configuration',
  ].filter((right) => right !== false);
  const lines = [`  ${style.bold(printable(user.displayName))} (${printable(user.name)})`];
  lines.push(
    `  ${style.dim('groups ')} ${user.groups.length > 0 ? user.groups.map(printable).join(', ') : 'none'}`,
  );
  if (rights.length > 0) lines.push(`  ${style.dim('may    ')} ${rights.join(', ')}`);
  return lines;
}
