import { createWriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type Entry, open, type ZipFile } from 'yauzl';

/** Bits of a Unix mode that tell what kind of file it is, and that of a symbolic link (stat(2)). */
const KIND = 0o170000;
const LINK = 0o120000;

/**
 * Unpacks what `wanted` says of a zip file into a folder, with modes and symbolic links. Leaving out here is much
 * quicker than deleting later. @throws Error for a damaged file or a path that leads out of the folder.
 */
export async function unpackZip(
  file: string,
  folder: string,
  wanted: (path: string) => boolean,
): Promise<void> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    open(file, { lazyEntries: true }, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  try {
    await new Promise<void>((resolve, reject) => {
      zip.once('error', reject);
      zip.once('end', resolve);
      zip.on('entry', (entry: Entry) => {
        const done = wanted(entry.fileName) ? unpack(zip, entry, folder) : Promise.resolve();
        done.then(() => zip.readEntry(), reject);
      });
      zip.readEntry();
    });
  } finally {
    zip.close();
  }
}

async function unpack(zip: ZipFile, entry: Entry, folder: string): Promise<void> {
  const path = join(folder, entry.fileName);
  if (relative(folder, path).startsWith('..')) throw new Error(`${entry.fileName} leads out of the folder.`);
  if (entry.fileName.endsWith('/')) {
    await mkdir(path, { recursive: true });
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  const mode = entry.externalFileAttributes >>> 16;
  const stream = await promisify(zip.openReadStream.bind(zip) as OpenReadStream)(entry);
  if ((mode & KIND) === LINK) await symlink(await text(stream), path);
  else await pipeline(stream, createWriteStream(path, { mode: mode & 0o777 || 0o644 }));
}

/** Of its overloads the one without options, for `promisify`. */
type OpenReadStream = (
  entry: Entry,
  done: (error: Error | null, stream: NodeJS.ReadableStream) => void,
) => void;
