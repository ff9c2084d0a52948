import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import { ClientError } from './client-error.ts';
import { gatewayFileName, makePrivateFolder, replaceFile } from './private-file.ts';
import { StoredSignIn, type TokenStore } from './token-store.ts';

const Settings = z.object({ gateway: z.string().optional() });

/** A lock whose holder hasn't touched it for this long is a dead process's. A refresh takes 10 s at most. */
const LOCK_STALE_MS = 15_000;

/** Folder of the CLI's state: `DRAWBRIDGE_HOME`, else the platform's folder for configuration. */
export function drawbridgeHome(env: NodeJS.ProcessEnv): string {
  const home = env.DRAWBRIDGE_HOME;
  return home !== undefined && home !== '' ? home : envPaths('drawbridge', { suffix: '' }).config;
}

/**
 * Sign-ins as files of mode 0600 in a folder of mode 0700, one file a gateway, each replaced by rename so
 * that a reader never meets half a file. A file that others could read is refused, not mended in silence:
 * its tokens may be known already.
 */
export class FileTokenStore implements TokenStore {
  readonly home: string;

  constructor(home: string) {
    this.home = home;
  }

  async read(gateway: string): Promise<StoredSignIn | undefined> {
    const signIn = await this.#readJson(this.#file(gateway), StoredSignIn);
    return signIn?.gateway === gateway ? signIn : undefined;
  }

  async write(signIn: StoredSignIn): Promise<void> {
    await this.#replace(this.#file(signIn.gateway), JSON.stringify(signIn));
  }

  async remove(gateway: string): Promise<void> {
    await rm(this.#file(gateway), { force: true });
  }

  /** Gateways with a sign-in, sorted. */
  async gateways(): Promise<string[]> {
    const names = await readdir(this.#folder()).catch(() => []);
    const signIns = await Promise.all(
      names
        .filter((name) => name.endsWith('.json'))
        .map((name) => this.#readJson(join(this.#folder(), name), StoredSignIn)),
    );
    return signIns.flatMap((signIn) => (signIn ? [signIn.gateway] : [])).sort();
  }

  /** The gateway that commands use when none is named: the one signed in at last. */
  async currentGateway(): Promise<string | undefined> {
    return (await this.#readJson(join(this.home, 'settings.json'), Settings))?.gateway;
  }

  async setCurrentGateway(gateway: string): Promise<void> {
    await this.#replace(join(this.home, 'settings.json'), JSON.stringify({ gateway }));
  }

  async exclusively<T>(gateway: string, task: () => Promise<T>): Promise<T> {
    await makePrivateFolder(this.#folder());
    // Loaded where it is needed: it hooks the process's signals, which is not for every user of this library.
    const { lock } = await import('proper-lockfile');
    const release = await lock(this.#file(gateway), {
      realpath: false,
      stale: LOCK_STALE_MS,
      retries: { retries: 200, factor: 1.2, minTimeout: 20, maxTimeout: 200, randomize: true },
      // The holder's work is bounded in time, so a lock that is lost meanwhile is told by the gateway's answer.
      onCompromised: () => undefined,
    }).catch((error: unknown) => {
      throw new ClientError(
        'state_unreadable',
        `another drawbridge process holds the sign-in in ${this.home}`,
        'Try again in a moment.',
        { cause: error },
      );
    });
    try {
      return await task();
    } finally {
      await release().catch(() => undefined);
    }
  }

  #folder(): string {
    return join(this.home, 'sign-ins');
  }

  #file(gateway: string): string {
    return join(this.#folder(), `${gatewayFileName(gateway)}.json`);
  }

  async #replace(file: string, text: string): Promise<void> {
    await makePrivateFolder(this.#folder());
    await replaceFile(file, `${text}\n`);
  }

  async #readJson<S extends z.ZodType>(file: string, schema: S): Promise<z.output<S> | undefined> {
    const text = await this.#readPrivate(file);
    if (text === undefined) return undefined;
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw new ClientError(
        'state_unreadable',
        `${file} can't be understood`,
        'Remove the file and sign in again: drawbridge login',
        { cause: error },
      );
    }
  }

  async #readPrivate(file: string): Promise<string | undefined> {
    try {
      const info = await lstat(file);
      const others = process.platform !== 'win32' && (info.mode & 0o077) !== 0;
      const foreign = process.getuid !== undefined && info.uid !== process.getuid();
      if (!info.isFile() || others || foreign) {
        throw new ClientError(
          'state_unsafe',
          `${file} ${foreign ? 'belongs to another user' : 'can be read by others'}: its tokens may be known to them`,
          'Remove the file, sign in again with `drawbridge login`, and end the old sign-ins with `drawbridge logout --everywhere`.',
        );
      }
      return await readFile(file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
