import { constants, type Stats } from 'node:fs';
import {
  chmod,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rmdir,
  stat,
  symlink,
  unlink,
  utimes,
} from 'node:fs/promises';
import { join, resolve } from 'node:path';
import ssh2, { type Attributes, type FileEntry, type InputAttributes, type SFTPWrapper } from 'ssh2';

const { OPEN_MODE: MODE, STATUS_CODE: STATUS } = ssh2.utils.sftp;

interface OpenFile {
  readonly kind: 'file';
  readonly handle: FileHandle;
}
interface OpenFolder {
  readonly kind: 'folder';
  /** Undefined once all was listed. */
  entries: FileEntry[] | undefined;
}

/** SFTP version 3 for the demo's host: files as they are, relative paths from its home folder. */
export function serveFiles(sftp: SFTPWrapper, home: string): void {
  const handles = new Map<number, OpenFile | OpenFolder>();
  let next = 0;
  const keep = (opened: OpenFile | OpenFolder): Buffer => {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(++next);
    handles.set(next, opened);
    return handle;
  };
  const at = (path: string) => resolve(home, path);
  const file = (handle: Buffer): FileHandle => {
    const opened = handles.get(handle.length === 4 ? handle.readUInt32BE() : 0);
    if (opened?.kind !== 'file') throw new Error('there is no such file open');
    return opened.handle;
  };
  /** Answers with OK, or with what `work` answered itself. */
  const answer = (id: number, work: () => Promise<unknown>) =>
    void work().then(
      (answered) => answered === undefined && sftp.status(id, STATUS.OK),
      (error: NodeJS.ErrnoException) => sftp.status(id, statusOf(error), error.message),
    );

  sftp.on('OPEN', (id, path, flags, attributes) =>
    answer(id, async () => {
      const mode = attributes.mode === undefined ? 0o644 : attributes.mode & 0o777;
      return replied(
        sftp.handle(id, keep({ kind: 'file', handle: await open(at(path), openFlags(flags), mode) })),
      );
    }),
  );
  sftp.on('READ', (id, handle, offset, length) =>
    answer(id, async () => {
      const { bytesRead, buffer } = await file(handle).read(
        Buffer.alloc(Math.min(length, 256 * 1024)),
        0,
        length,
        offset,
      );
      return replied(
        bytesRead === 0 ? sftp.status(id, STATUS.EOF) : sftp.data(id, buffer.subarray(0, bytesRead)),
      );
    }),
  );
  sftp.on('WRITE', (id, handle, offset, data) =>
    answer(id, async () => void (await file(handle).write(data, 0, data.length, offset))),
  );
  sftp.on('CLOSE', (id, handle) =>
    answer(id, async () => {
      const opened = handles.get(handle.readUInt32BE());
      handles.delete(handle.readUInt32BE());
      if (opened?.kind === 'file') await opened.handle.close();
    }),
  );
  sftp.on('FSTAT', (id, handle) =>
    answer(id, async () => replied(sftp.attrs(id, attributesOf(await file(handle).stat())))),
  );
  sftp.on('STAT', (id, path) =>
    answer(id, async () => replied(sftp.attrs(id, attributesOf(await stat(at(path)))))),
  );
  sftp.on('LSTAT', (id, path) =>
    answer(id, async () => replied(sftp.attrs(id, attributesOf(await lstat(at(path)))))),
  );
  sftp.on('SETSTAT', (id, path, attributes) => answer(id, () => setAttributes(at(path), attributes)));
  sftp.on('FSETSTAT', (id, handle, { mode }) =>
    answer(id, async () => {
      if (typeof mode === 'number') await file(handle).chmod(mode & 0o777);
    }),
  );
  sftp.on('OPENDIR', (id, path) =>
    answer(id, async () => replied(sftp.handle(id, keep({ kind: 'folder', entries: await list(at(path)) })))),
  );
  sftp.on('READDIR', (id, handle) =>
    answer(id, async () => {
      const folder = handles.get(handle.readUInt32BE());
      if (folder?.kind !== 'folder') throw new Error('there is no such folder open');
      const { entries } = folder;
      folder.entries = undefined;
      return replied(entries === undefined ? sftp.status(id, STATUS.EOF) : sftp.name(id, entries));
    }),
  );
  sftp.on('REMOVE', (id, path) => answer(id, () => unlink(at(path))));
  sftp.on('MKDIR', (id, path) => answer(id, () => mkdir(at(path))));
  sftp.on('RMDIR', (id, path) => answer(id, () => rmdir(at(path))));
  sftp.on('RENAME', (id, from, to) => answer(id, () => rename(at(from), at(to))));
  sftp.on('SYMLINK', (id, target, link) => answer(id, () => symlink(target, at(link))));
  sftp.on('READLINK', (id, path) =>
    answer(id, async () => replied(sftp.name(id, [named(await readlink(at(path)))]))),
  );
  sftp.on('REALPATH', (id, path) =>
    answer(id, async () => replied(sftp.name(id, [named(await realpath(at(path)).catch(() => at(path)))]))),
  );
  // The client is done; the channel would stay open without an end of ours.
  sftp.once('end', () => {
    if (hasProtocol(sftp)) sftp._protocol.exitStatus(sftp.outgoing.id, 0);
    sftp.end();
  });
  sftp.once('close', () => {
    for (const opened of handles.values()) if (opened.kind === 'file') void opened.handle.close();
  });
}

/** What ssh2's SFTP channels have inside. They have no way of their own to say how it went, and scp takes silence for a failure. */
interface WithProtocol {
  readonly outgoing: { readonly id: number };
  readonly _protocol: { exitStatus(channel: number, status: number): void };
}
const hasProtocol = (sftp: object): sftp is WithProtocol => '_protocol' in sftp && 'outgoing' in sftp;

/** Marks that an answer was given. */
const replied = (_sent: unknown): true => true;

/** SFTP's flags of OPEN as those of open(2). */
function openFlags(flags: number): number {
  const both = (flags & MODE.READ) !== 0 && (flags & MODE.WRITE) !== 0;
  const access = both ? constants.O_RDWR : flags & MODE.WRITE ? constants.O_WRONLY : constants.O_RDONLY;
  const added = [
    [MODE.APPEND, constants.O_APPEND],
    [MODE.CREAT, constants.O_CREAT],
    [MODE.TRUNC, constants.O_TRUNC],
    [MODE.EXCL, constants.O_EXCL],
  ] as const;
  return added.reduce((all, [flag, bit]) => (flags & flag ? all | bit : all), access);
}

function statusOf({ code }: NodeJS.ErrnoException): number {
  if (code === 'ENOENT') return STATUS.NO_SUCH_FILE;
  return code === 'EACCES' || code === 'EPERM' ? STATUS.PERMISSION_DENIED : STATUS.FAILURE;
}

const attributesOf = ({ mode, uid, gid, size, atimeMs, mtimeMs }: Stats): Attributes => ({
  mode,
  uid,
  gid,
  size,
  atime: Math.floor(atimeMs / 1000),
  mtime: Math.floor(mtimeMs / 1000),
});

const named = (filename: string): FileEntry => ({ filename, longname: filename, attrs: {} as Attributes });

async function list(folder: string): Promise<FileEntry[]> {
  const names = await readdir(folder);
  return Promise.all(
    names.map(async (filename) => {
      const stats = await lstat(join(folder, filename));
      return { filename, longname: longName(filename, stats), attrs: attributesOf(stats) };
    }),
  );
}

function longName(name: string, { mode, size, mtime }: Stats): string {
  const type = (mode & constants.S_IFMT) === constants.S_IFDIR ? 'd' : '-';
  const bits = [6, 3, 0]
    .flatMap((shift) => ['r', 'w', 'x'].map((letter, bit) => ((mode >> shift) & (4 >> bit) ? letter : '-')))
    .join('');
  return `${type}${bits} 1 deploy deploy ${String(size).padStart(10)} ${mtime.toISOString().slice(0, 16).replace('T', ' ')} ${name}`;
}

async function setAttributes(path: string, { mode, atime, mtime }: InputAttributes): Promise<void> {
  if (mode !== undefined && typeof mode === 'number') await chmod(path, mode & 0o777);
  if (atime !== undefined && mtime !== undefined) await utimes(path, atime, mtime);
}
