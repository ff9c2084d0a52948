import type { FileOperation } from './file-journal.ts';
import { type PacketReader, skipAttributes, UncheckablePath } from './packet-reader.ts';
import { OpenFlag, Request, Status } from './packet-type.ts';
import { extensions } from './read-extended.ts';
import { entry, follow, type ReadableRequest, readHandle, readPath, type SftpRequest } from './request.ts';

/** @returns what a packet asks for, undefined where there is no such request. @throws MalformedPacket */
export function readRequest(type: number, reader: PacketReader): SftpRequest | undefined {
  if (type === Request.extended) return readExtended(reader);
  const known = requests.get(type);
  return known === undefined ? undefined : readWhole(known, reader);
}

function readExtended(reader: PacketReader): SftpRequest {
  const name = reader.text();
  const known = extensions.get(name);
  if (known !== undefined) return readWhole(known, reader);
  const reason = `the gateway doesn't know the extension ${JSON.stringify(name.slice(0, 64))}`;
  return { kind: 'uncheckable', operation: 'extended', path: '', reason, status: Status.unsupported };
}

function readWhole({ operation, read }: ReadableRequest, reader: PacketReader): SftpRequest {
  try {
    const request = read(reader, operation);
    reader.finish();
    return request;
  } catch (error) {
    if (!(error instanceof UncheckablePath)) throw error;
    const { path, message: reason } = error;
    return { kind: 'uncheckable', operation, path, reason, status: Status.permissionDenied };
  }
}

const KNOWN_FLAGS = Object.values(OpenFlag).reduce<number>((all, flag) => all | flag, 0);

function open(reader: PacketReader, operation: FileOperation): SftpRequest {
  const path = reader.path();
  const flags = reader.uint32();
  skipAttributes(reader);
  const unknown = (flags & ~KNOWN_FLAGS) >>> 0;
  if (unknown !== 0) {
    const reason = `the gateway doesn't know the open flags ${unknown.toString(16)}`;
    return { kind: 'uncheckable', operation, path, reason, status: Status.unsupported };
  }
  const write = (flags & ~OpenFlag.read) !== 0;
  const read = !write || (flags & OpenFlag.read) !== 0;
  const access = read && write ? 'both' : write ? 'write' : 'read';
  const opens = { read, write };
  return { kind: 'path', operation, uses: [follow(path)], access, answer: 'handle', opens };
}

function openDirectory(reader: PacketReader, operation: FileOperation): SftpRequest {
  const uses = [follow(reader.path())] as const;
  const opens = { read: true, write: false };
  return { kind: 'path', operation, uses, access: 'read', answer: 'handle', opens };
}

function close(reader: PacketReader, operation: FileOperation): SftpRequest {
  const handle = reader.handle();
  return { kind: 'handle', operation, handle, access: 'either', answer: 'status', closes: true };
}

function read(reader: PacketReader, operation: FileOperation): SftpRequest {
  const handle = reader.handle();
  reader.uint64();
  return { kind: 'handle', operation, handle, access: 'read', answer: 'data', bytes: reader.uint32() };
}

function write(reader: PacketReader, operation: FileOperation): SftpRequest {
  const handle = reader.handle();
  reader.uint64();
  return { kind: 'handle', operation, handle, access: 'write', answer: 'status', bytes: reader.skipBytes() };
}

function setAttributesOfHandle(reader: PacketReader, operation: FileOperation): SftpRequest {
  const handle = reader.handle();
  skipAttributes(reader);
  return { kind: 'handle', operation, handle, access: 'write', answer: 'status', decidable: true };
}

/** Where the client is: no client can begin without it. All other paths are decided. */
function realPath(reader: PacketReader, operation: FileOperation): SftpRequest {
  const path = reader.path();
  if (path === '' || path === '.') return { kind: 'plain', operation, path: '.', answer: 'name' };
  return { kind: 'path', operation, uses: [follow(path)], access: 'either', answer: 'name' };
}

/** OpenSSH and all that follow it send first what the link is to contain; the draft says last. */
function symbolicLink(reader: PacketReader, operation: FileOperation): SftpRequest {
  const uses = [{ path: reader.path(), by: 'literal' }, entry(reader.path())] as const;
  return { kind: 'path', operation, uses, access: 'write', answer: 'status' };
}

function rename(reader: PacketReader, operation: FileOperation): SftpRequest {
  const uses = [entry(reader.path()), entry(reader.path())] as const;
  return { kind: 'path', operation, uses, access: 'write', answer: 'status' };
}

// Of STAT and LSTAT it is enough that either reading or writing is allowed: every client looks before it writes.
const requests: ReadonlyMap<number, ReadableRequest> = new Map<number, ReadableRequest>([
  [Request.open, { operation: 'open', read: open }],
  [Request.close, { operation: 'close', read: close }],
  [Request.read, { operation: 'read', read }],
  [Request.write, { operation: 'write', read: write }],
  [Request.lstat, { operation: 'stat', read: readPath(entry, 'either', 'attrs') }],
  [Request.stat, { operation: 'stat', read: readPath(follow, 'either', 'attrs') }],
  [Request.fstat, { operation: 'stat', read: readHandle('either', 'attrs') }],
  [
    Request.setstat,
    { operation: 'set-attributes', read: readPath(follow, 'write', 'status', skipAttributes) },
  ],
  [Request.fsetstat, { operation: 'set-attributes', read: setAttributesOfHandle }],
  [Request.opendir, { operation: 'list', read: openDirectory }],
  [Request.readdir, { operation: 'list', read: readHandle('read', 'name') }],
  [Request.remove, { operation: 'remove', read: readPath(entry, 'write', 'status') }],
  [Request.mkdir, { operation: 'make-directory', read: readPath(entry, 'write', 'status', skipAttributes) }],
  [Request.rmdir, { operation: 'remove-directory', read: readPath(entry, 'write', 'status') }],
  [Request.realpath, { operation: 'real-path', read: realPath }],
  [Request.readlink, { operation: 'read-link', read: readPath(entry, 'read', 'name') }],
  [Request.rename, { operation: 'rename', read: rename }],
  [Request.symlink, { operation: 'link', read: symbolicLink }],
]);
