import type { SshFiles } from './client-keys.ts';

/** One line of ssh_config(5): what follows `-o` as `name=value`. */
export interface SshSetting {
  readonly name: string;
  readonly value: string;
}

/** What an SSH client needs to prove itself to the gateway, and the gateway to it. */
export function keySettings(files: SshFiles): SshSetting[] {
  return [
    { name: 'IdentityFile', value: expandedPath(files.identityFile) },
    { name: 'IdentitiesOnly', value: 'yes' },
    { name: 'UserKnownHostsFile', value: expandedPath(files.knownHostsFile) },
    { name: 'GlobalKnownHostsFile', value: 'none' },
    { name: 'HostKeyAlias', value: files.hostKeyAlias },
    { name: 'StrictHostKeyChecking', value: 'yes' },
  ];
}

/** The same, and what keeps a person's settings for other hosts from standing in the way. */
export function clientSettings(files: SshFiles): SshSetting[] {
  return [
    // The gateway goes by key and grant; the name is for the target to know, and the gateway's to choose.
    { name: 'User', value: 'drawbridge' },
    ...keySettings(files),
    { name: 'IdentityAgent', value: 'none' },
    { name: 'PreferredAuthentications', value: 'publickey' },
    { name: 'HostKeyAlgorithms', value: 'ssh-ed25519' },
    // OpenSSH's own order takes one that costs the gateway several times as much.
    { name: 'Ciphers', value: 'aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes256-ctr' },
    { name: 'UpdateHostKeys', value: 'no' },
    { name: 'CheckHostIP', value: 'no' },
    { name: 'ForwardAgent', value: 'no' },
    { name: 'ForwardX11', value: 'no' },
  ];
}

export const optionArguments = (settings: readonly SshSetting[]): string[] =>
  settings.flatMap(({ name, value }) => ['-o', `${name}=${value}`]);

/** @param hosts patterns, as after `Host` */
export function hostBlock(hosts: string, settings: readonly SshSetting[]): string {
  return `Host ${hosts}\n${settings.map(({ name, value }) => `  ${name} ${value}\n`).join('')}`;
}

/** A path as one word, taken as it is. Forward slashes are what OpenSSH takes on Windows without escapes. */
export function quotedPath(path: string): string {
  const text = process.platform === 'win32' ? path.replaceAll('\\', '/') : path.replaceAll('\\', '\\\\');
  return `"${text.replaceAll('"', '\\"')}"`;
}

/** The same where `%` begins a token. */
const expandedPath = (path: string): string => quotedPath(path).replaceAll('%', '%%');
