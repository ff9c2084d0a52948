import type { Writable } from 'node:stream';
import type { Session } from '../../../sessions/session.ts';
import type { Exchange, Pending } from './exchange.ts';
import { FileJournal } from './file-journal.ts';
import { Outbox } from './outbox.ts';
import { MalformedPacket, PacketReader, skipAttributes, UncheckablePath } from './packet-reader.ts';
import { PacketStream } from './packet-stream.ts';
import { MOST_DATA_PACKET, PACKET_HEADER, Reply, Status } from './packet-type.ts';
import { REPLY_TYPE, readRealPath, readStatus, skipNames, versionReply } from './reply.ts';
import { checkResolved, type Resolved } from './resolve-path.ts';
import { SftpViolation } from './sftp-violation.ts';

/** Longest handle (draft section 6.3). */
const MOST_HANDLE = 256;
const MOST_MESSAGE = 1024;

export interface ReplyRelayParts {
  readonly session: Session;
  readonly channel: number;
  readonly exchange: Exchange;
  readonly client: Writable;
}

/**
 * Target to client: the one place that every reply passes. Each has to answer a request in a way that the request can
 * be answered; what a chunk brings is recorded with one call and sent on with one write, as it came.
 *
 * Contents of files are neither recorded nor masked: a file is bytes of any kind, taken in any order, and a masked copy
 * of it would be a broken one. Only who may read what is decided.
 */
export class ReplyRelay {
  readonly #parts: ReplyRelayParts;
  readonly #stream: PacketStream;
  readonly #journal: FileJournal;
  readonly #toClient = new Outbox();

  constructor(parts: ReplyRelayParts) {
    this.#parts = parts;
    this.#journal = new FileJournal(parts.session, parts.channel);
    this.#stream = new PacketStream({
      header: (type, length) => this.#header(type, length),
      packet: (buffer, start, end) => this.#packet(buffer, start, end),
      done: () => this.#flush(),
    });
  }

  /** Bytes sent to the client. */
  get sent(): number {
    return this.#toClient.sent;
  }

  /** @throws SftpViolation, RecordingFailed */
  push(chunk: Buffer): void {
    this.#stream.push(chunk);
  }

  #flush(): void {
    this.#journal.flush();
    this.#toClient.flush(this.#parts.client);
  }

  #header(type: number, length: number): void {
    if (length < PACKET_HEADER || length > MOST_DATA_PACKET)
      throw this.#violation(`a reply of type ${type} and ${length} bytes`);
  }

  #packet(buffer: Buffer, start: number, end: number): true {
    const type = buffer[start + 4] ?? 0;
    try {
      const reader = new PacketReader(buffer, start + PACKET_HEADER, end);
      if (!this.#parts.exchange.agreed) this.#version(type, reader);
      else if (this.#reply(type, reader)) this.#toClient.pass(buffer, start, end);
      return true;
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error;
      throw this.#violation(`a malformed reply of type ${type}: ${error.message}`, { cause: error });
    }
  }

  #version(type: number, reader: PacketReader): void {
    const { exchange } = this.#parts;
    if (type !== Reply.version || !exchange.began)
      throw this.#violation(`a reply of type ${type} before VERSION`);
    exchange.agreed = true;
    this.#toClient.put(versionReply(reader));
  }

  /** @returns whether it is for the client. */
  #reply(type: number, reader: PacketReader): boolean {
    const { pending } = this.#parts.exchange;
    const id = reader.uint32();
    const request = pending.get(id);
    if (request === undefined || request.kind === 'waiting')
      throw this.#violation(`a reply of type ${type} that nothing asked for`);
    pending.delete(id);
    if (request.kind === 'lookup') {
      request.answer(this.#resolved(type, reader));
      return false;
    }
    if (type === Reply.status) readStatus(reader);
    else if (type === REPLY_TYPE[request.answer]) this.#answer(request, reader);
    else throw this.#violation(`a reply of type ${type} to a request for ${request.answer}`);
    return true;
  }

  #answer(request: Extract<Pending, { kind: 'sent' }>, reader: PacketReader): void {
    switch (request.answer) {
      case 'handle':
        this.#opened(request, reader);
        return;
      case 'data': {
        const bytes = reader.skipBytes();
        reader.finish();
        if (request.reads === undefined || bytes > request.reads.bytes)
          throw this.#violation('more data than was asked for');
        this.#journal.contents('read', request.reads.file.path, bytes);
        return;
      }
      case 'name':
        skipNames(reader);
        return;
      case 'attrs':
        skipAttributes(reader);
        reader.finish();
        return;
      case 'extended':
        return;
      case 'status':
        throw this.#violation('an unknown reply');
      default:
        request.answer satisfies never;
    }
  }

  #opened(request: Extract<Pending, { kind: 'sent' }>, reader: PacketReader): void {
    const { files } = this.#parts.exchange;
    const handle = reader.handle();
    reader.finish();
    if (handle.length > MOST_HANDLE) throw this.#violation('a handle that is too long');
    if (request.opens === undefined || files.has(handle)) throw this.#violation('a handle of another file');
    files.set(handle, request.opens);
  }

  #resolved(type: number, reader: PacketReader): Resolved {
    if (type === Reply.name) {
      try {
        return checkResolved(readRealPath(reader));
      } catch (error) {
        if (!(error instanceof UncheckablePath)) throw error;
        return { uncheckable: error.message };
      }
    }
    if (type !== Reply.status) throw this.#violation(`a reply of type ${type} to a request for name`);
    const { status, message } = readStatus(reader);
    if (status === Status.ok) throw this.#violation('no name where one was asked for');
    return { status, message: message.slice(0, MOST_MESSAGE) };
  }

  #violation(what: string, options?: ErrorOptions): SftpViolation {
    const name = this.#parts.session.resource.name;
    return new SftpViolation(
      'target',
      `${name} answered in a way that can't be checked (${what}), so it is not passed on`,
      options,
    );
  }
}
