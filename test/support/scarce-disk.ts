import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A folder whose disk is full when a test says so. */
export interface ScarceDisk {
  readonly dir: string;
  /**
   * From now on the process can't write to it any more.
   * @param room bytes that it still can
   */
  fill(pid: number, room?: number): Promise<void>;
  /** There is room again. */
  free(pid: number): Promise<void>;
  remove(): Promise<void>;
}

/**
 * A file system of its own in memory where we may mount one, which is really full then; elsewhere the process is told
 * that files may not grow (`RLIMIT_FSIZE`), which looks the same to it but for the error's name.
 */
export async function scarceDisk(): Promise<ScarceDisk> {
  const dir = await mkdtemp(join(tmpdir(), 'drawbridge-disk-'));
  try {
    return (await mounted(dir)) ?? limited(dir);
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

async function mounted(dir: string): Promise<ScarceDisk | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=32m,mode=0700', 'drawbridge-test', dir]);
  } catch {
    return undefined;
  }
  const filler = join(dir, 'filler');
  return {
    dir,
    async fill(_pid, room = 0) {
      const file = await open(filler, 'a');
      try {
        for (const size of [65_536, 1024, 1]) {
          const piece = Buffer.alloc(size, 0x78);
          while (await file.write(piece).then(({ bytesWritten }) => bytesWritten === size, isFull));
        }
        await file.truncate((await file.stat()).size - room);
      } finally {
        await file.close();
      }
    },
    free: () => rm(filler, { force: true }),
    async remove() {
      await run('umount', ['--lazy', dir]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function isFull(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOSPC') return false;
  throw error;
}

function limited(dir: string): ScarceDisk {
  const limit = (pid: number, size: string) => run('prlimit', ['--pid', String(pid), `--fsize=${size}:`]);
  return {
    dir,
    fill: async (pid, room = 1) => void (await limit(pid, String(room))),
    free: async (pid) => void (await limit(pid, 'unlimited')),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
