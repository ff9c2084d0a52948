import type { FileOperation } from './file-journal.ts';
import type { PacketReader } from './packet-reader.ts';

/** What a request needs to be allowed: `both` of reading and writing, or `either` of them. */
export type Access = 'read' | 'write' | 'both' | 'either';

/** What may come back besides STATUS. */
export type Answer = 'status' | 'handle' | 'data' | 'name' | 'attrs' | 'extended';

/** One path of a request. */
export interface PathUse {
  /** As sent; may be relative and full of links. */
  readonly path: string;
  /**
   * How the path on which policy decides is found. `follow` and `entry` are asked of the target: where a path leads
   * with all its links followed, and the entry itself, should it be a link. `expand` is `follow` with `~`. `literal`
   * is what a link is to contain: taken as written, from the place of the link. `known` was found before.
   */
  readonly by: 'follow' | 'entry' | 'expand' | 'literal' | 'known';
}

/** Names files by path: decided by policy before the target hears of it. */
export interface PathRequest {
  readonly kind: 'path';
  readonly operation: FileOperation;
  /** The second is that of rename and link: the new name. */
  readonly uses: readonly [PathUse] | readonly [PathUse, PathUse];
  readonly access: Access;
  readonly answer: Answer;
  /** What may be done with the handle that comes back. */
  readonly opens?: { readonly read: boolean; readonly write: boolean };
}

/** Names a file that was opened before: follows what was decided then. */
export interface HandleRequest {
  readonly kind: 'handle';
  readonly operation: FileOperation;
  readonly handle: string;
  readonly access: 'read' | 'write' | 'either';
  readonly answer: Answer;
  /** Of WRITE: how much it brings. Of READ: how much it asks for. */
  readonly bytes?: number;
  /** May be decided anew where the handle was not opened for writing: it changes more than contents. */
  readonly decidable?: true;
  readonly closes?: true;
}

/** `copy-data`: from one handle to another, inside the target. */
export interface CopyRequest {
  readonly kind: 'copy';
  readonly from: string;
  readonly to: string;
  /** Absent: up to the end of the file. */
  readonly bytes?: number;
}

/** Names no file: needed by clients to begin, or for the names in a listing. Allowed to whoever has the channel. */
export interface PlainRequest {
  readonly kind: 'plain';
  readonly operation: FileOperation;
  readonly path: string;
  readonly answer: Answer;
}

/** Never reaches the target, whatever policy says. */
export interface UncheckableRequest {
  readonly kind: 'uncheckable';
  readonly operation: FileOperation;
  readonly path: string;
  readonly reason: string;
  /** The status that tells the client. */
  readonly status: number;
}

export type SftpRequest = PathRequest | HandleRequest | CopyRequest | PlainRequest | UncheckableRequest;

/** How one type of request is read. */
export interface ReadableRequest {
  readonly operation: FileOperation;
  /** @throws MalformedPacket, UncheckablePath */
  readonly read: (reader: PacketReader, operation: FileOperation) => SftpRequest;
}

export const follow = (path: string): PathUse => ({ path, by: 'follow' });
export const entry = (path: string): PathUse => ({ path, by: 'entry' });

/** Reads requests that are one path and what `rest` skips. */
export const readPath =
  (
    use: (path: string) => PathUse,
    access: Access,
    answer: Answer,
    rest?: (reader: PacketReader) => void,
  ): ReadableRequest['read'] =>
  (reader, operation) => {
    const uses = [use(reader.path())] as const;
    rest?.(reader);
    return { kind: 'path', operation, uses, access, answer };
  };

/** Reads requests that are one handle. */
export const readHandle =
  (access: HandleRequest['access'], answer: Answer): ReadableRequest['read'] =>
  (reader, operation) => ({ kind: 'handle', operation, handle: reader.handle(), access, answer });
