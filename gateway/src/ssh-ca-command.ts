import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config/load-config.ts';
import { SshAuthority } from './protocols/ssh/keys/ssh-authority.ts';
import { openDatabase } from './store/database.ts';
import { loadKeyring } from './store/load-keyring.ts';
import { SigningKeys } from './store/signing-keys.ts';
import { joinStoreServer } from './store/store-server.ts';

/**
 * What to put in `TrustedUserCAKeys` of the targets. Opens the store as the gateway does, without serving, also
 * beside a gateway that serves; where there is none yet, it and the key are made.
 * @returns one line, with the gateway's name as its comment.
 * @throws Error that says what to do.
 */
export async function sshAuthorityLine(
  config: Pick<Config, 'name' | 'data' | 'masterKey' | 'store'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  try {
    await mkdir(config.data, { recursive: true, mode: 0o711 });
    const keyring = await loadKeyring(config.masterKey, env);
    const server = await joinStoreServer(config.store.url, join(config.data, 'store'), () => undefined);
    try {
      const { db, close } = await openDatabase(server.url, { maxConnections: 2 });
      try {
        const authority = new SshAuthority(await new SigningKeys(db, keyring).ssh('ssh-authority'));
        return `${authority.publicKey} drawbridge-ca@${config.name.replace(/\s+/g, '-')}`;
      } finally {
        await close();
      }
    } finally {
      await server.close();
    }
  } catch (cause) {
    if (!isDenied(cause)) throw cause;
    throw new Error(
      `The data folder ${config.data} belongs to another user. Run this as the user that the gateway runs as.`,
      { cause },
    );
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
}
