import type { FileOperation } from './file-journal.ts';
import { type PacketReader, skipAttributes } from './packet-reader.ts';
import { entry, follow, type ReadableRequest, readHandle, readPath, type SftpRequest } from './request.ts';

function rename(reader: PacketReader, operation: FileOperation): SftpRequest {
  const uses = [entry(reader.path()), entry(reader.path())] as const;
  return { kind: 'path', operation, uses, access: 'write', answer: 'status' };
}

/** Whether the old name is followed, should it be a link, depends on the target's system: decided as if it were. */
function hardLink(reader: PacketReader, operation: FileOperation): SftpRequest {
  const uses = [follow(reader.path()), entry(reader.path())] as const;
  return { kind: 'path', operation, uses, access: 'write', answer: 'status' };
}

function sync(reader: PacketReader, operation: FileOperation): SftpRequest {
  const handle = reader.handle();
  return { kind: 'handle', operation, handle, access: 'write', answer: 'status', decidable: true };
}

/** Where `~` leads every client may ask, as with REALPATH of `.`. */
function expandPath(reader: PacketReader, operation: FileOperation): SftpRequest {
  const path = reader.path();
  if (path === '~' || path === '~/' || path === '' || path === '.')
    return { kind: 'plain', operation, path: '~', answer: 'name' };
  return { kind: 'path', operation, uses: [{ path, by: 'expand' }], access: 'either', answer: 'name' };
}

function homeDirectory(reader: PacketReader, operation: FileOperation): SftpRequest {
  return { kind: 'plain', operation, path: `~${reader.path()}`, answer: 'name' };
}

function limits(_reader: PacketReader, operation: FileOperation): SftpRequest {
  return { kind: 'plain', operation, path: '', answer: 'extended' };
}

/** Names for the numbers in a listing. */
function usersAndGroups(reader: PacketReader, operation: FileOperation): SftpRequest {
  reader.skipBytes();
  reader.skipBytes();
  return { kind: 'plain', operation, path: '', answer: 'extended' };
}

function copyData(reader: PacketReader): SftpRequest {
  const from = reader.handle();
  reader.uint64();
  const bytes = reader.uint64();
  const to = reader.handle();
  reader.uint64();
  return { kind: 'copy', from, to, ...(bytes === 0 ? {} : { bytes }) };
}

/**
 * The extensions that the gateway understands: OpenSSH's (its file PROTOCOL, section 4), `copy-data` and
 * `home-directory` (draft-ietf-secsh-filexfer-extensions-00). Targets offer others in vain.
 */
export const extensions: ReadonlyMap<string, ReadableRequest> = new Map<string, ReadableRequest>([
  ['posix-rename@openssh.com', { operation: 'rename', read: rename }],
  ['hardlink@openssh.com', { operation: 'link', read: hardLink }],
  ['statvfs@openssh.com', { operation: 'extended', read: readPath(follow, 'read', 'extended') }],
  ['fstatvfs@openssh.com', { operation: 'extended', read: readHandle('either', 'extended') }],
  ['fsync@openssh.com', { operation: 'extended', read: sync }],
  [
    'lsetstat@openssh.com',
    { operation: 'set-attributes', read: readPath(entry, 'write', 'status', skipAttributes) },
  ],
  ['limits@openssh.com', { operation: 'extended', read: limits }],
  ['expand-path@openssh.com', { operation: 'real-path', read: expandPath }],
  ['copy-data', { operation: 'write', read: copyData }],
  ['home-directory', { operation: 'real-path', read: homeDirectory }],
  ['users-groups-by-id@openssh.com', { operation: 'extended', read: usersAndGroups }],
]);
