import type { AppState } from '../../main/ipc/app-state.ts';

const keyrings = {
  darwin: 'the macOS keychain',
  win32: 'Windows data protection',
  linux: 'the system keyring',
} as const;

/** Where the session of a sign-in is kept, as a sentence. */
export function vaultText(platform: AppState['app']['platform'], vault: AppState['app']['vault']): string {
  if (vault.persistent) return `The session is kept in ${keyrings[platform]}.`;
  return 'This system has no keyring, so the session is kept in memory only and ends when Drawbridge quits.';
}
