import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises';

/** Name of what is kept for one gateway (in the form of `gatewayUrl`): readable, and unlike every other gateway's. */
export function gatewayFileName(gateway: string): string {
  const { host } = new URL(gateway);
  const digest = createHash('sha256').update(gateway).digest('hex').slice(0, 12);
  return `${host.replace(/[^a-z0-9.-]/gi, '_')}-${digest}`;
}

/** Makes a folder that only its owner may enter. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
}

/** Writes a file of mode 0600 (or `mode`) and puts it in place by a rename: a reader never meets half a file. */
export async function replaceFile(file: string, text: string, mode = 0o600): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
