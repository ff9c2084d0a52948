import { type Command, Option } from 'commander';
import { HOST_DOMAIN } from '../../ssh/host-name.ts';
import { clientSettings, optionArguments } from '../../ssh/ssh-settings.ts';
import { addCommand } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { proxyCommand } from '../proxy-command.ts';
import { runCommand } from '../run-command.ts';
import { sshKey } from '../ssh-key.ts';
import { usableGrant } from '../usable-grant.ts';

interface SshOptions extends CommonOptions {
  readonly profile?: string;
  readonly sshOption: readonly string[];
  readonly local: readonly string[];
  readonly remote: readonly string[];
  readonly dynamic: readonly string[];
  readonly tty?: boolean;
  readonly forwardOnly?: boolean;
}

export function registerSsh(program: Command, context: CliContext): void {
  const several = (text: string, before: readonly string[]) => [...before, text];
  const list = (flags: string, description: string) =>
    new Option(flags, description).argParser(several).default([], 'none');
  addCommand(program, 'ssh <resource> [command...]', 'Open a shell on a host, or run a command there', [
    'drawbridge ssh build-box',
    'drawbridge ssh build-box -- uptime',
    'drawbridge ssh build-box -o ServerAliveInterval=30 -L 8080:localhost:80',
  ])
    .option('-p, --profile <name>', 'needed only where you have several')
    .addOption(list('-o, --ssh-option <setting>', 'a setting of ssh_config, as for ssh; may be repeated'))
    .addOption(list('-L, --local <forward>', 'forward a local port, as ssh -L; needs ssh.forward'))
    .addOption(list('-R, --remote <forward>', 'forward a remote port, as ssh -R; needs ssh.forward'))
    .addOption(list('-D, --dynamic <port>', 'a SOCKS proxy, as ssh -D; needs ssh.forward'))
    .option('-t, --tty', 'a terminal for the command too, as ssh -t')
    .option('-N, --forward-only', 'no shell and no command, as ssh -N')
    .action((resource: string, command: string[], options: SshOptions) =>
      ssh(context, resource, command, options),
    );
}

async function ssh(
  context: CliContext,
  name: string,
  command: readonly string[],
  options: SshOptions,
): Promise<void> {
  const connected = await context.connect(options);
  const { api, gateway } = connected;
  const resource = await api.call('getResource', { params: { name } });
  if (resource.protocol !== 'ssh')
    throw context.usage(
      `${resource.name} speaks ${resource.protocol}, not SSH`,
      `drawbridge connect ${resource.name}`,
    );
  // ssh would say of all of this only that the connection was closed.
  const grant = await usableGrant(context, api, resource, options.profile, 'drawbridge ssh');
  const key = await sshKey(context, connected);
  const settings = [
    ...clientSettings(key),
    // A connection that somebody's settings share would be another grant's.
    { name: 'ControlMaster', value: 'no' },
    { name: 'ControlPath', value: 'none' },
    {
      name: 'ProxyCommand',
      value: proxyCommand({ gateway, profile: grant.profile, resource: resource.name }),
    },
  ];
  const flags = [
    ...options.sshOption.flatMap((setting) => ['-o', setting]),
    ...options.local.flatMap((forward) => ['-L', forward]),
    ...options.remote.flatMap((forward) => ['-R', forward]),
    ...options.dynamic.flatMap((port) => ['-D', port]),
    ...(options.tty ? ['-t'] : []),
    ...(options.forwardOnly ? ['-N'] : []),
  ];
  context.exitStatus = await runCommand(
    ['ssh', ...optionArguments(settings), ...flags, '--', `${resource.name}.${HOST_DOMAIN}`, ...command],
    context.env,
    "Install OpenSSH's client (openssh-client, or OpenSSH Client among Windows' optional features).",
  );
}
