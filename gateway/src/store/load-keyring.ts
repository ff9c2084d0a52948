import { randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Keyring, KeyringError } from './keyring.ts';
import { createPrivateFile } from './private-file.ts';

/** Where the master keys are: an environment variable, or a file with mode 0600 that is made at the first start. */
export type MasterKeySource = { readonly env: string } | { readonly file: string };

const HOW = 'Make one with: openssl rand -base64 32';

/**
 * Reads the master keys: base64 of 32 bytes each, newest first, separated by commas or lines.
 * @throws KeyringError `invalid_key` that says what is wrong, never the key.
 */
export async function loadKeyring(
  source: MasterKeySource,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Keyring> {
  if ('env' in source) {
    const text = env[source.env];
    if (!text)
      throw new KeyringError(
        'invalid_key',
        `The environment variable ${source.env} holds no master key. ${HOW}`,
      );
    return new Keyring(parse(text, `The environment variable ${source.env}`));
  }
  await mkdir(dirname(source.file), { recursive: true });
  await createPrivateFile(source.file, `${randomBytes(32).toString('base64')}\n`);
  return new Keyring(parse(await readPrivate(source.file), `The file ${source.file}`));
}

async function readPrivate(path: string): Promise<string> {
  // One handle for the check and the reading: the file can't be swapped in between.
  const file = await open(path, 'r');
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new KeyringError('invalid_key', `${path} is no file.`);
    if ((status.mode & 0o077) !== 0) {
      throw new KeyringError(
        'invalid_key',
        `The master key in ${path} may be read by other users. Run "chmod 600 ${path}".`,
      );
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function parse(text: string, source: string): Buffer[] {
  const parts = text.split(/[,\s]+/).filter((part) => part !== '');
  if (parts.length === 0) throw new KeyringError('invalid_key', `${source} holds no master key. ${HOW}`);
  return parts.map((part, index) => {
    const key = Buffer.from(part, 'base64');
    // Node skips what is no base64: only text that comes back the same was understood.
    if (key.length !== 32 || key.toString('base64') !== part) {
      throw new KeyringError(
        'invalid_key',
        `${source}: key ${index + 1} of ${parts.length} is not base64 of 32 bytes. ${HOW}`,
      );
    }
    return key;
  });
}
