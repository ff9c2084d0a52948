import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newSshKeyPair, type SshKeyPair } from '@drawbridge/gateway-client';
import ssh2 from 'ssh2';

/** The keys of the demo's host: its own, and the one that its gateway signs in with. */
export interface HostKeys {
  readonly host: SshKeyPair;
  readonly login: SshKeyPair;
}

/** Made at the first start, the same from then on; no key of the demo is known beforehand. */
export async function hostKeys(folder: string): Promise<HostKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return { host: await keyPair(join(folder, 'host-key')), login: await keyPair(join(folder, 'login-key')) };
}

async function keyPair(file: string): Promise<SshKeyPair> {
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) {
    const key = ssh2.utils.parseKey(kept);
    if (key instanceof Error) throw key;
    return { private: kept, public: `${key.type} ${key.getPublicSSH().toString('base64')}` };
  }
  const made = newSshKeyPair();
  await writeFile(`${file}.new`, made.private, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return made;
}
