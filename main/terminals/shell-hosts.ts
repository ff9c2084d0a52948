import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import {
  clientSettings,
  hostBlock,
  makePrivateFolder,
  replaceFile,
  type SshFiles,
  shellWord,
} from '@drawbridge/gateway-client';

/** An open tunnel to an SSH host. */
export interface ShellHost {
  readonly resource: string;
  readonly profile: string;
  readonly host: string;
  readonly port: number;
}

/** Programs that read ssh_config(5); rsync, git and ansible start `ssh`. */
const PROGRAMS = ['ssh', 'scp', 'sftp'];

/**
 * Lets `ssh build-box.drawbridge` and all that builds on it work in a local shell, without a change to the person's
 * own files: a configuration that includes theirs, and programs of the same names, first in the shell's PATH, that
 * start the real ones with it. On Windows only the configuration is written, since shells there start no scripts
 * without being told.
 */
export class ShellHosts {
  readonly #folder: string;
  readonly #platform: NodeJS.Platform;

  /** @param folder of this app and gateway alone */
  constructor(folder: string, platform: NodeJS.Platform) {
    this.#folder = folder;
    this.#platform = platform;
  }

  get configuration(): string {
    return join(this.#folder, 'ssh_config');
  }

  /** Writes down where hosts are now. Shells that run already see it with their next `ssh`. */
  async write(hosts: readonly ShellHost[], files: SshFiles): Promise<void> {
    await makePrivateFolder(this.#folder);
    const named = new Set<string>();
    const blocks = hosts.map(({ resource, profile, host, port }) => {
      const names = [`${profile}.${resource}.drawbridge`];
      // Of several profiles the first one has the short name.
      if (!named.has(resource)) names.unshift(`${resource}.drawbridge`);
      named.add(resource);
      return hostBlock(names.join(' '), [
        { name: 'HostName', value: host },
        { name: 'Port', value: String(port) },
        ...clientSettings(files),
      ]);
    });
    const own = ['~/.ssh/config', '/etc/ssh/ssh_config'].map((file) => `  Include ${file}\n`).join('');
    await replaceFile(
      this.configuration,
      `# Written by Drawbridge for its terminals: changes are lost.\n${blocks.join('')}Match all\n${own}`,
    );
  }

  /**
   * What a shell needs in its environment for that.
   * @param path PATH as the shell would have it
   */
  async environment(path: string): Promise<Record<string, string>> {
    const own = { DRAWBRIDGE_SSH_CONFIG: this.configuration };
    if (this.#platform === 'win32') return own;
    const bin = join(this.#folder, 'bin');
    await makePrivateFolder(bin);
    const folders = path.split(delimiter).filter((folder) => folder !== '' && folder !== bin);
    for (const program of PROGRAMS) {
      const real = await firstOf(folders.map((folder) => join(folder, program)));
      if (real === undefined) continue;
      const line = [real, '-F', this.configuration].map((word) => shellWord(word, this.#platform)).join(' ');
      await replaceFile(join(bin, program), `#!/bin/sh\nexec ${line} "$@"\n`, 0o700);
    }
    return { ...own, PATH: [bin, ...folders].join(delimiter) };
  }
}

async function firstOf(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  return undefined;
}
