import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { drawbridgeHome } from '../../file-token-store.ts';
import { makePrivateFolder, replaceFile } from '../../private-file.ts';
import { HOST_DOMAIN } from '../../ssh/host-name.ts';
import { IncludeLine } from '../../ssh/include-line.ts';
import { clientSettings, hostBlock } from '../../ssh/ssh-settings.ts';
import { addCommand } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { printable } from '../output/printable.ts';
import { proxyCommand } from '../proxy-command.ts';
import { sshKey } from '../ssh-key.ts';

interface SshConfigOptions extends CommonOptions {
  readonly print?: boolean;
  readonly install?: boolean;
  readonly remove?: boolean;
}

export function registerSshConfig(program: Command, context: CliContext): void {
  addCommand(
    program,
    'ssh-config',
    'Let ssh, scp, sftp, rsync, git and ansible reach <resource>.drawbridge',
    [
      'drawbridge ssh-config --install   # once; then: ssh build-box.drawbridge',
      'drawbridge ssh-config --print',
      'drawbridge ssh-config --remove',
    ],
  )
    .option('--install', 'also put the Include line at the top of ~/.ssh/config')
    .option('--print', 'print the configuration and write nothing')
    .option('--remove', 'remove the file, and the Include line')
    .action((options: SshConfigOptions) => sshConfig(context, options));
}

/**
 * Characters that no resource's name has and that a shell may read as more than themselves. Until OpenSSH 9.6 a host
 * name could hold them, and others may choose it: the address of a git submodule, say (CVE-2023-51385). The name
 * becomes a word of ProxyCommand's shell line, so the block must not fit such a name.
 */
const UNSAFE = [...'\'"`$\\;&|<>(){}#!%^ '];

const exclusion = (character: string): string =>
  `"!*${character === '"' || character === '\\' ? `\\${character}` : character}*"`;

async function sshConfig(context: CliContext, options: SshConfigOptions): Promise<void> {
  if ([options.print, options.install, options.remove].filter(Boolean).length > 1)
    throw context.usage('--print, --install and --remove exclude each other');
  const home = drawbridgeHome(context.env);
  const file = join(home, 'ssh', 'config');
  const include = new IncludeLine(join(homedir(), '.ssh', 'config'), file);
  if (options.remove) {
    await rm(file, { force: true });
    const removed = await include.remove();
    context.show(options, { file, include: include.file, removed }, () => [
      `${context.style.good('✓')} ${printable(file)} is removed${removed ? `, and the line that included it in ${printable(include.file)}` : ''}.`,
    ]);
    return;
  }
  const text = await configuration(context, options);
  if (options.print) {
    context.stdout.write(text);
    return;
  }
  await makePrivateFolder(join(home, 'ssh'));
  await replaceFile(file, text);
  const installed = options.install ? await include.add() : await include.present();
  context.show(options, { file, include: include.file, line: include.line, installed }, () => [
    `${context.style.good('✓')} ${printable(file)} is written.`,
    ...(installed
      ? [
          `  ${context.style.dim(`${printable(include.file)} includes it.`)}`,
          '',
          context.next(`ssh RESOURCE.${HOST_DOMAIN}`),
        ]
      : [
          '',
          `Put this line at the top of ${printable(include.file)}, or let --install do it:`,
          '',
          `  ${context.style.link(printable(include.line))}`,
        ]),
  ]);
}

async function configuration(context: CliContext, options: SshConfigOptions): Promise<string> {
  const connected = await context.connect(options);
  const key = await sshKey(context, connected);
  const { DRAWBRIDGE_HOME: home } = context.env;
  const hosts = [`*.${HOST_DOMAIN}`, ...UNSAFE.map(exclusion)].join(' ');
  const block = hostBlock(hosts, [
    ...clientSettings(key),
    {
      name: 'ProxyCommand',
      value: proxyCommand({
        gateway: connected.gateway,
        home: home === undefined || home === '' ? undefined : home,
        resource: undefined,
      }),
    },
  ]);
  return `# Written by drawbridge ssh-config for ${connected.gateway}: changes are lost when it runs again.\n${block}`;
}
