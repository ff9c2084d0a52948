import type { Writable } from 'node:stream';
import type { Session } from '../../../sessions/session.ts';
import { printable } from '../printable.ts';
import type { Exchange, OpenFile, Pending } from './exchange.ts';
import { FileJournal, type FileOperation } from './file-journal.ts';
import { Outbox } from './outbox.ts';
import { MalformedPacket, PacketReader } from './packet-reader.ts';
import { PacketStream } from './packet-stream.ts';
import { MOST_DATA_PACKET, MOST_REQUEST, PACKET_HEADER, Request, Status } from './packet-type.ts';
import { type Allowed, type Errand, PathGate, type Refusal } from './path-gate.ts';
import { readRequest } from './read-request.ts';
import { expandPathRequest, initRequest, realPathRequest, statusReply } from './reply.ts';
import type { CopyRequest, HandleRequest, PlainRequest, SftpRequest } from './request.ts';
import type { Resolved } from './resolve-path.ts';
import { SftpViolation } from './sftp-violation.ts';

/** More requests than this without a reply, and the client has to wait. */
const MOST_PENDING = 1024;
/** More handles than this are not opened. */
const MOST_OPEN = 1024;

export interface RequestRelayParts {
  readonly session: Session;
  readonly channel: number;
  readonly exchange: Exchange;
  readonly client: Writable;
  readonly target: Writable;
  /** Shows a refusal where people see it: many clients drop the message of STATUS. */
  readonly explain: (reason: string) => void;
  /** A request that waited has been decided: another may take its place. */
  readonly onProgress: () => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Client to target: the one place that every request passes. What a chunk brings is recorded with one call and then
 * sent on with one write, as it came; requests that name files by path go through `PathGate` first.
 */
export class RequestRelay {
  readonly #parts: RequestRelayParts;
  readonly #stream: PacketStream;
  readonly #journal: FileJournal;
  readonly #gate: PathGate;
  readonly #toTarget = new Outbox();
  readonly #toClient = new Outbox();

  constructor(parts: RequestRelayParts) {
    this.#parts = parts;
    this.#journal = new FileJournal(parts.session, parts.channel);
    this.#stream = new PacketStream({
      header: checkHeader,
      packet: (buffer, start, end) => this.#packet(buffer, start, end),
      done: () => this.#flush(),
    });
    this.#gate = new PathGate({
      session: parts.session,
      ask: (path, expand) => this.#ask(path, expand),
      allow: (errand, paths, answer) => this.#allow(errand, paths, answer),
      refuse: (errand, paths, refusal) => this.#refuseErrand(errand, paths, refusal),
      notFound: (errand, paths, found) => this.#notFound(errand, paths, found),
      settled: parts.onProgress,
      onFailure: parts.onFailure,
    });
  }

  /** The client's bytes wait for the target. */
  get held(): boolean {
    return this.#stream.held;
  }

  /** Bytes sent to the target, and replies of the gateway's own to the client. */
  get sent(): { readonly toTarget: number; readonly toClient: number } {
    return { toTarget: this.#toTarget.sent, toClient: this.#toClient.sent };
  }

  /** @throws SftpViolation, RecordingFailed */
  push(chunk: Buffer): void {
    this.#stream.push(chunk);
  }

  /** Goes on where it had to wait. */
  resume(): void {
    this.#stream.resume();
  }

  stop(): void {
    this.#gate.stop();
  }

  #flush(): void {
    this.#journal.flush();
    this.#toTarget.flush(this.#parts.target);
    this.#toClient.flush(this.#parts.client);
  }

  #packet(buffer: Buffer, start: number, end: number): boolean {
    const type = buffer[start + 4] ?? 0;
    try {
      const reader = new PacketReader(buffer, start + PACKET_HEADER, end);
      if (type === Request.init) {
        this.#init(reader);
        return true;
      }
      if (!this.#parts.exchange.began) throw new SftpViolation('client', 'SFTP begins with INIT');
      const id = reader.uint32();
      if (this.#mustWait(id)) return false;
      const request = readRequest(type, reader);
      if (request === undefined)
        throw new SftpViolation('client', `there is no SFTP request of type ${type}`);
      this.#request(id, request, buffer, start, end);
      return true;
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error;
      const message = `an SFTP request of type ${type} is malformed: ${error.message}`;
      throw new SftpViolation('client', message, { cause: error });
    }
  }

  #init(reader: PacketReader): void {
    const { exchange } = this.#parts;
    if (exchange.began) throw new SftpViolation('client', 'SFTP begins once');
    if (reader.uint32() < 3) throw new SftpViolation('client', 'SFTP before version 3 is not spoken here');
    exchange.began = true;
    this.#toTarget.put(initRequest());
  }

  #mustWait(id: number): boolean {
    const { pending } = this.#parts.exchange;
    const before = pending.get(id);
    if (before !== undefined && before.kind !== 'lookup')
      throw new SftpViolation('client', `SFTP request ${id} came twice before its reply`);
    return before !== undefined || pending.size >= MOST_PENDING || this.#gate.full;
  }

  #request(id: number, request: SftpRequest, buffer: Buffer, start: number, end: number): void {
    switch (request.kind) {
      case 'path':
        this.#path({ id, packet: buffer.subarray(start, end), request });
        return;
      case 'handle':
        this.#handle(id, request, buffer, start, end);
        return;
      case 'copy':
        this.#copy(id, request, buffer, start, end);
        return;
      case 'plain':
        this.#plain(id, request);
        this.#toTarget.pass(buffer, start, end);
        return;
      case 'uncheckable':
        this.#refuse(id, request.operation, request.path === '' ? [] : [request.path], {
          ...request,
          policies: [],
        });
        return;
      default:
        request satisfies never;
    }
  }

  #path(errand: Errand): void {
    const { exchange } = this.#parts;
    if (errand.request.opens !== undefined && exchange.files.size >= MOST_OPEN) {
      const reason = `${MOST_OPEN} files are open already`;
      const [{ path }] = errand.request.uses;
      this.#refuse(errand.id, errand.request.operation, [path], {
        reason,
        status: Status.failure,
        policies: [],
      });
      return;
    }
    exchange.pending.set(errand.id, { kind: 'waiting' });
    this.#gate.add(errand);
  }

  #plain(id: number, { operation, path, answer }: PlainRequest): void {
    this.#journal.allowed(operation, [path]);
    this.#parts.exchange.pending.set(id, { kind: 'sent', answer });
  }

  #handle(id: number, request: HandleRequest, buffer: Buffer, start: number, end: number): void {
    const { operation, access, answer, bytes } = request;
    const file = this.#file(id, operation, request.handle);
    if (file === undefined) return;
    if (access !== 'either' && !file[access]) {
      if (request.decidable) {
        const uses = [{ path: file.path, by: 'known' }] as const;
        const decidable = { kind: 'path', operation, uses, access, answer } as const;
        this.#path({ id, packet: buffer.subarray(start, end), request: decidable });
      } else this.#refuseUse(id, operation, file, access);
      return;
    }
    if (request.closes) this.#parts.exchange.files.delete(request.handle);
    const pending: Pending =
      operation === 'read'
        ? { kind: 'sent', answer, reads: { file, bytes: bytes ?? 0 } }
        : { kind: 'sent', answer };
    this.#parts.exchange.pending.set(id, pending);
    // What a read brings is known, and recorded, when it comes.
    if (operation === 'write') this.#journal.contents(operation, file.path, bytes);
    else if (operation !== 'read') this.#journal.allowed(operation, [file.path]);
    this.#toTarget.pass(buffer, start, end);
  }

  #copy(id: number, request: CopyRequest, buffer: Buffer, start: number, end: number): void {
    const from = this.#file(id, 'read', request.from);
    if (from === undefined) return;
    const to = this.#file(id, 'write', request.to);
    if (to === undefined) return;
    if (!from.read) this.#refuseUse(id, 'read', from, 'read');
    else if (!to.write) this.#refuseUse(id, 'write', to, 'write');
    else {
      this.#journal.contents('read', from.path, request.bytes);
      this.#journal.contents('write', to.path, request.bytes);
      this.#parts.exchange.pending.set(id, { kind: 'sent', answer: 'status' });
      this.#toTarget.pass(buffer, start, end);
    }
  }

  /** The file of a handle; where there is none, the client has been told. */
  #file(id: number, operation: FileOperation, handle: string): OpenFile | undefined {
    const file = this.#parts.exchange.files.get(handle);
    if (file === undefined) {
      const reason = 'the handle is of no file that is open';
      this.#refuse(id, operation, [], { reason, status: Status.failure, policies: [] });
    }
    return file;
  }

  #refuseUse(id: number, operation: FileOperation, file: OpenFile, use: 'read' | 'write'): void {
    const reason =
      use === 'read' ? 'the file was opened for writing only' : 'the file was opened for reading only';
    this.#refuse(id, operation, [file.path], { reason, status: Status.permissionDenied, policies: [] });
  }

  /** Tells the client no, in its turn, and has it recorded. */
  #refuse(id: number, operation: FileOperation, paths: readonly string[], refusal: Refusal): void {
    const where = paths.length === 0 ? '' : ` (${operation} ${paths.join(' to ')})`;
    const message = printable(`${refusal.reason}${where}`);
    this.#journal.denied(operation, paths, refusal);
    this.#toClient.put(statusReply(id, refusal.status, `drawbridge: ${message}`));
    this.#parts.explain(message);
  }

  #allow({ id, packet, request }: Errand, paths: readonly string[], answer: Allowed): void {
    this.#journal.allowed(request.operation, paths, answer);
    const opens = request.opens && { path: paths[0] ?? '', ...request.opens };
    this.#parts.exchange.pending.set(id, {
      kind: 'sent',
      answer: request.answer,
      ...(opens === undefined ? {} : { opens }),
    });
    this.#toTarget.put(packet);
    this.#flush();
  }

  #refuseErrand({ id, request }: Errand, paths: readonly string[], refusal: Refusal): void {
    this.#parts.exchange.pending.delete(id);
    this.#refuse(id, request.operation, paths, refusal);
    this.#flush();
  }

  #notFound(
    { id, request }: Errand,
    paths: readonly string[],
    found: { status: number; message: string },
  ): void {
    this.#parts.exchange.pending.delete(id);
    this.#journal.allowed(request.operation, paths);
    this.#toClient.put(statusReply(id, found.status, found.message));
    this.#flush();
  }

  #ask(path: string, expand: boolean): Promise<Resolved> {
    const { exchange } = this.#parts;
    const id = exchange.freeId();
    return new Promise((resolve) => {
      exchange.pending.set(id, { kind: 'lookup', answer: resolve });
      this.#toTarget.put(expand ? expandPathRequest(id, path) : realPathRequest(id, path));
      this.#flush();
    });
  }
}

function checkHeader(type: number, length: number): void {
  const most = type === Request.write ? MOST_DATA_PACKET : MOST_REQUEST;
  if (length < PACKET_HEADER || length > most)
    throw new SftpViolation('client', `an SFTP request of type ${type} can't have ${length} bytes`);
}
