import { StoredSignIn, type TokenStore } from '@drawbridge/gateway-client';
import type { KeyValueFile } from './state/key-value-file.ts';
import type { VaultEncryption } from './vault-encryption.ts';

/**
 * Sign-ins, encrypted with the operating system's keyring; where there is none they stay in memory and end
 * with the app. Only this process uses the file (the app runs once for each data folder), so that taking
 * turns within the process is enough.
 */
export class Vault implements TokenStore {
  readonly #file: KeyValueFile;
  readonly #encryption: VaultEncryption;
  readonly #memory = new Map<string, StoredSignIn>();
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(file: KeyValueFile, encryption: VaultEncryption) {
    this.#file = file;
    this.#encryption = encryption;
  }

  async read(gateway: string): Promise<StoredSignIn | undefined> {
    const known = this.#memory.get(gateway);
    if (known !== undefined || !this.#encryption.persistent) return known;
    const sealed = this.#file.get(gateway);
    if (typeof sealed !== 'string') return undefined;
    const signIn = this.#open(sealed);
    if (signIn?.gateway !== gateway) {
      // Another machine's keyring, or a damaged file: worth nothing any more.
      this.#file.delete(gateway);
      return undefined;
    }
    this.#memory.set(gateway, signIn);
    return signIn;
  }

  async write(signIn: StoredSignIn): Promise<void> {
    this.#memory.set(signIn.gateway, signIn);
    if (this.#encryption.persistent)
      this.#file.set(signIn.gateway, this.#encryption.encrypt(JSON.stringify(signIn)));
  }

  async remove(gateway: string): Promise<void> {
    this.#memory.delete(gateway);
    this.#file.delete(gateway);
  }

  exclusively<T>(gateway: string, task: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(gateway) ?? Promise.resolve();
    const turn = before.then(task, task);
    this.#turns.set(
      gateway,
      turn.catch(() => undefined),
    );
    return turn;
  }

  #open(sealed: string): StoredSignIn | undefined {
    try {
      return StoredSignIn.parse(JSON.parse(this.#encryption.decrypt(sealed)));
    } catch {
      return undefined;
    }
  }
}
