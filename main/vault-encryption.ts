import type { SafeStorage } from 'electron';

/** How sign-ins are kept on this computer. `encrypt` gives base64. */
export interface VaultEncryption {
  readonly persistent: boolean;
  /** The keyring in use, or why there is none; shown in Settings. */
  readonly backend: string;
  encrypt(text: string): string;
  decrypt(sealed: string): string;
}

/**
 * The system's keyring by `safeStorage`. On Linux without a keyring it would encrypt with a key that stands
 * in Chromium's source (`basic_text`): that is no encryption, so nothing is written then.
 */
export function vaultEncryption(
  storage: Pick<SafeStorage, 'isEncryptionAvailable' | 'encryptString' | 'decryptString'> &
    Partial<Pick<SafeStorage, 'getSelectedStorageBackend'>>,
  platform: NodeJS.Platform,
): VaultEncryption {
  const backend =
    platform === 'linux'
      ? (storage.getSelectedStorageBackend?.() ?? 'unknown')
      : platform === 'darwin'
        ? 'keychain'
        : 'dpapi';
  const persistent = storage.isEncryptionAvailable() && backend !== 'basic_text' && backend !== 'unknown';
  return {
    persistent,
    backend,
    encrypt: (text) => storage.encryptString(text).toString('base64'),
    decrypt: (sealed) => storage.decryptString(Buffer.from(sealed, 'base64')),
  };
}
