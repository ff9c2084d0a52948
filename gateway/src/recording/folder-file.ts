import { closeSync, fstatSync, fsync, ftruncateSync, writeSync } from 'node:fs';
import { type FileHandle, link, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { followFileChunks } from './follow-file.ts';
import type { Growth } from './growth.ts';
import type { OpenRecording } from './recording-store.ts';

const CHUNK = 256 * 1024;

interface FolderFileParts {
  readonly path: string;
  readonly fd: number;
  readonly size: number;
  readonly finishedPath: string;
  readonly asidePath: string;
  readonly onClosed: () => void;
}

/** One open recording as a file. */
export class FolderFile implements OpenRecording {
  readonly #parts: FolderFileParts;
  #size: number;
  #state: 'open' | 'torn' | 'closed' = 'open';

  constructor(parts: FolderFileParts) {
    this.#parts = parts;
    this.#size = parts.size;
  }

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): void {
    this.#mustBeOpen();
    const { fd } = this.#parts;
    try {
      // A full disk shows as a short write first, and as an error only when asked for the rest.
      for (let done = 0; done < bytes.length; ) {
        const written = writeSync(fd, bytes, done, bytes.length - done, this.#size + done);
        if (written === 0) throw new Error('the file system takes no more');
        done += written;
      }
    } catch (error) {
      this.#backTo(this.#size);
      throw error;
    }
    this.#size += bytes.length;
  }

  truncate(size: number): void {
    this.#mustBeOpen();
    ftruncateSync(this.#parts.fd, size);
    this.#size = size;
  }

  async assertHeld(): Promise<void> {
    this.#mustBeOpen();
    const ours = fstatSync(this.#parts.fd);
    const there = await stat(this.#parts.path).catch(() => undefined);
    if (there?.ino !== ours.ino || there.dev !== ours.dev)
      throw new Error('it was taken for abandoned, and another gateway has put it away');
  }

  chunks(): AsyncIterable<Uint8Array> {
    return readFileChunks(this.#parts.path);
  }

  follow(growth: Growth, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const { path, finishedPath } = this.#parts;
    return followFileChunks({ path, finishedPath, size: () => this.#size, growth }, signal);
  }

  async finish(): Promise<void> {
    this.#mustBeOpen();
    const { fd, path, finishedPath } = this.#parts;
    await promisify(fsync)(fd);
    await mkdir(dirname(finishedPath), { recursive: true, mode: 0o700 });
    // Unlike a rename, a link never replaces what is there: a recording is finished once.
    await link(path, finishedPath).catch(async (error: unknown) => {
      const [ours, there] = await Promise.all([stat(path), stat(finishedPath)]).catch(() => []);
      // The same file: a crash came between the link and the unlink below.
      if (ours === undefined || ours.ino !== there?.ino || ours.dev !== there.dev) throw error;
    });
    await syncFolder(dirname(finishedPath));
    await unlink(path);
    this.release();
  }

  async setAside(): Promise<void> {
    this.#mustBeOpen();
    await rename(this.#parts.path, this.#parts.asidePath);
    this.release();
  }

  release(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    closeSync(this.#parts.fd);
    this.#parts.onClosed();
  }

  #backTo(size: number): void {
    try {
      ftruncateSync(this.#parts.fd, size);
    } catch {
      this.#state = 'torn';
    }
  }

  #mustBeOpen(): void {
    if (this.#state === 'torn') throw new Error('the file could not be put right after a failed write');
    if (this.#state === 'closed') throw new Error('the recording is closed');
  }
}

/** A file's bytes up to its length as it is now. Looks at `otherwise` where it was moved to there meanwhile. */
export async function* readFileChunks(
  path: string,
  otherwise = path,
): AsyncGenerator<Uint8Array, void, undefined> {
  const handle: FileHandle = await open(path, 'r').catch(() => open(otherwise, 'r'));
  try {
    const { size } = await handle.stat();
    for (let position = 0; position < size; ) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - position));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
