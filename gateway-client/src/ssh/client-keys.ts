import { randomBytes } from 'node:crypto';
import { lstat, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ClientError } from '../client-error.ts';
import { gatewayFileName, makePrivateFolder, replaceFile } from '../private-file.ts';

/** What known_hosts calls every gateway's SSH server: behind a proxy command there is no address to go by. */
export const HOST_KEY_ALIAS = 'drawbridge';

/** Files that an SSH client needs to reach resources of one gateway. */
export interface SshFiles {
  /** Private key, Ed25519, OpenSSH format; the public one is beside it with `.pub`. */
  readonly identityFile: string;
  /** Holds the gateway's host key under `hostKeyAlias`. */
  readonly knownHostsFile: string;
  readonly hostKeyAlias: string;
}

export interface ClientKey extends SshFiles {
  /** For `TunnelOptions.clientKey`: type and base64, without comment. */
  readonly publicKey: string;
}

/**
 * The SSH keys of this machine, one for each gateway and sign-in, under `<home>/ssh/<gateway>/` (0700, files 0600).
 * A key opens nothing by itself: the gateway serves it in tunnels that a sign-in has named it for.
 */
export class ClientKeys {
  readonly #home: string;

  /** @param home see `drawbridgeHome` */
  constructor(home: string) {
    this.#home = home;
  }

  /** Where the files are or will be. */
  files(gateway: string): SshFiles {
    const folder = this.#folder(gateway);
    return {
      identityFile: join(folder, 'id_ed25519'),
      knownHostsFile: join(folder, 'known_hosts'),
      hostKeyAlias: HOST_KEY_ALIAS,
    };
  }

  /**
   * The key of this sign-in, made when there is none. Of processes that make one at the same time all get the same.
   * @throws ClientError `state_unsafe` where a key that others can read can't be replaced
   */
  async key(gateway: string): Promise<ClientKey> {
    const found = await this.#read(gateway);
    if (found !== undefined) return { ...this.files(gateway), publicKey: found };
    await this.#make(gateway);
    const made = await this.#read(gateway);
    if (made !== undefined) return { ...this.files(gateway), publicKey: made };
    throw new ClientError(
      'state_unsafe',
      `the SSH key in ${this.#folder(gateway)} can't be replaced`,
      'Remove the folder and try again.',
    );
  }

  /** Writes down the host key that the gateway names (`Me.gateway.sshHostKey`). */
  async trust(gateway: string, hostKey: string): Promise<void> {
    const { knownHostsFile } = this.files(gateway);
    const line = `${HOST_KEY_ALIAS} ${hostKey}\n`;
    const now = await readFile(knownHostsFile, 'utf8').catch(absent);
    if (now !== line) await replaceFile(knownHostsFile, line);
  }

  /** Forgets the key: at sign-out, and before a new sign-in makes its own. */
  async remove(gateway: string): Promise<void> {
    await this.#setAside(gateway);
  }

  #folder(gateway: string): string {
    return join(this.#home, 'ssh', gatewayFileName(gateway));
  }

  /** The public key, if the pair is whole and nobody else could have read it. */
  async #read(gateway: string): Promise<string | undefined> {
    const { identityFile } = this.files(gateway);
    const info = await lstat(identityFile).catch(absent);
    if (info === undefined || !info.isFile()) return undefined;
    if (process.platform !== 'win32' && (info.mode & 0o077) !== 0) return undefined;
    if (process.getuid !== undefined && info.uid !== process.getuid()) return undefined;
    const line = await readFile(`${identityFile}.pub`, 'utf8').catch(absent);
    return /^ssh-ed25519 [A-Za-z0-9+/]+={0,2}(?= |\n)/.exec(line ?? '')?.[0];
  }

  /**
   * Makes the pair in a folder of its own that is then renamed: the two files appear together, and of several
   * processes the first one's stays.
   */
  async #make(gateway: string): Promise<void> {
    // Loaded where it is needed: most commands need no SSH.
    const { newSshKeyPair } = await import('./new-key-pair.ts');
    const pair = newSshKeyPair(`drawbridge on ${hostname()}`);
    const folder = this.#folder(gateway);
    const made = `${folder}.${randomBytes(6).toString('hex')}.tmp`;
    await makePrivateFolder(join(this.#home, 'ssh'));
    try {
      await makePrivateFolder(made);
      await replaceFile(join(made, 'id_ed25519'), `${pair.private.trimEnd()}\n`);
      await replaceFile(join(made, 'id_ed25519.pub'), `${pair.public.trimEnd()}\n`);
      if (await renameUnlessThere(made, folder)) return;
      if ((await this.#read(gateway)) !== undefined) return;
      await this.#setAside(gateway);
      await renameUnlessThere(made, folder);
    } finally {
      await rm(made, { recursive: true, force: true });
    }
  }

  async #setAside(gateway: string): Promise<void> {
    const folder = this.#folder(gateway);
    const aside = `${folder}.${randomBytes(6).toString('hex')}.tmp`;
    const moved = await rename(folder, aside).then(() => true, absent);
    if (moved) await rm(aside, { recursive: true, force: true });
  }
}

/** Whether it was renamed; not where another folder that holds something has the name. */
async function renameUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    // POSIX, and what Windows says.
    if (isOneOf(error, ['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'])) return false;
    throw error;
  }
}

function absent(error: unknown): undefined {
  if (!isOneOf(error, ['ENOENT'])) throw error;
  return undefined;
}

const isOneOf = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));
