import type { Duplex } from 'node:stream';
import { serialize } from 'pg-protocol';
import type { SqlError, SqlEvent } from '../ipc/sql-port.ts';
import { type BackendMessage, readBackendMessage } from './backend-message.ts';
import { type CancelKey, cancelRequest } from './cancel-request.ts';
import { FrameSplitter } from './frame-splitter.ts';
import { readHeldNote } from './held-note.ts';
import { type MaskNote, readMaskNotes } from './mask-notes.ts';
import { SCHEMA_QUERY, schemaTables, typeNamesOf } from './schema-tree.ts';
import { sqlColumns } from './sql-columns.ts';
import { endedByGateway, isFatal, sqlError } from './sql-error.ts';
import { CollectedQuery, type QueryAnswers, SqlRun } from './sql-run.ts';

const DATA_ROW = 0x44; // 'D'
const COPY_DATA = 0x64; // 'd'
/** AuthenticationCleartextPassword */
const CLEARTEXT = 3;
/** How long rows that trickle in may wait for more, in milliseconds. */
const TRICKLE = 30;

export interface SqlConnectionParts {
  /** Opens a byte stream to the tunnel; the second and later ones carry cancel requests. */
  readonly dial: () => Duplex;
  readonly user: string;
  readonly database: string;
  readonly secret: string;
  readonly send: (event: SqlEvent) => void;
  readonly isMasked: (schema: string, table: string, column: string) => boolean;
  readonly now: () => number;
}

export type SqlActivity =
  | 'connecting'
  | 'idle'
  | 'transaction'
  | 'failed-transaction'
  | 'running'
  | 'held'
  | 'closed';

/**
 * A console's connection: PostgreSQL's protocol 3.0 over the tunnel, simple queries only, so that the gateway
 * sees what the person wrote. While the console is behind with its rows the socket isn't read.
 */
export class SqlConnection {
  readonly #parts: SqlConnectionParts;
  readonly #stream: Duplex;
  readonly #splitter = new FrameSplitter((type, frame) => this.#frame(type, frame));
  readonly #parameters = new Map<string, string>();
  #types: ReadonlyMap<number, string> = new Map();
  #masks: ReadonlyMap<number, MaskNote> = new Map();
  #key: CancelKey | undefined;
  #status: string | undefined;
  #ready = false;
  #current: QueryAnswers | undefined;
  #queued: { readonly answers: SqlRun; readonly text: string } | undefined;
  #schemaWanted = false;
  #isHeld = false;
  #copyNoticed = false;
  #fatal: SqlError | undefined;
  #closed = false;
  #trickle: NodeJS.Timeout | undefined;

  constructor(parts: SqlConnectionParts) {
    this.#parts = parts;
    this.#stream = parts.dial();
    this.#stream.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#stream.on('error', (error) => this.#end(`the connection failed (${error.message})`));
    this.#stream.on('close', () => this.#end('the connection was closed'));
    const { user, database } = parts;
    this.#stream.write(
      serialize.startup({ user, database, application_name: 'Drawbridge', '_pq_.drawbridge': '1' }),
    );
  }

  /** What it does now, for whoever asks before quitting. */
  get activity(): SqlActivity {
    if (this.#closed) return 'closed';
    if (!this.#ready) return 'connecting';
    if (this.#running) return this.#isHeld ? 'held' : 'running';
    if (this.#status === 'T') return 'transaction';
    return this.#status === 'E' ? 'failed-transaction' : 'idle';
  }

  get #running(): boolean {
    return this.#current instanceof SqlRun || this.#queued !== undefined;
  }

  /** One at a time: a text that comes while another runs is answered with an error. */
  run(run: number, text: string): void {
    const answers = new SqlRun(run, this.#parts.send, this.#parts.now);
    const refusal = this.#closed
      ? 'the connection is closed'
      : !this.#ready || this.#running
        ? 'another statement is still running'
        : text.includes('\0')
          ? 'the text has a zero character, which no statement can have'
          : undefined;
    if (refusal !== undefined) {
      answers.error({ code: '55000', severity: 'ERROR', message: refusal, refused: true });
      answers.done();
      return;
    }
    // While the schema is being read, the person's statement goes right behind it.
    if (this.#current !== undefined) this.#queued = { answers, text };
    else this.#start(answers, text);
  }

  /** Asks the server to stop what runs (CancelRequest on a connection of its own). */
  cancel(): void {
    if (!(this.#current instanceof SqlRun) || this.#key === undefined) return;
    this.#current.cancel();
    const stream = this.#parts.dial();
    stream.on('error', () => stream.destroy());
    stream.resume();
    // Half closed: the server ends the connection once it has read the request.
    stream.end(cancelRequest(this.#key));
    this.#stream.resume();
  }

  /** The console took a chunk over. */
  acknowledge(): void {
    if (!(this.#current instanceof SqlRun)) return;
    this.#current.acknowledge();
    if (!this.#current.full) this.#stream.resume();
  }

  /** Reads the schema as soon as nothing else runs. */
  schema(): void {
    this.#schemaWanted = true;
    this.#readSchema();
  }

  close(): void {
    if (this.#closed) return;
    this.#end('the connection was closed');
    this.#stream.resume();
    this.#stream.end(serialize.end(), () => this.#stream.destroy());
  }

  #start(answers: QueryAnswers, text: string): void {
    this.#current = answers;
    this.#copyNoticed = false;
    this.#stream.write(serialize.query(text));
  }

  #read(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      this.#splitter.feed(chunk);
    } catch (error) {
      this.#end(error instanceof Error ? error.message : 'the answer was not understood');
      this.#stream.destroy();
      return;
    }
    clearTimeout(this.#trickle);
    const current = this.#current;
    if (current === undefined) return;
    if (current.full) this.#stream.pause();
    else this.#trickle = setTimeout(() => current.pause(), TRICKLE);
  }

  #frame(type: number, frame: Buffer): void {
    if (type === DATA_ROW) {
      this.#current?.row(frame);
      return;
    }
    if (type === COPY_DATA) {
      this.#copyData();
      return;
    }
    this.#message(readBackendMessage(frame));
  }

  #message(message: BackendMessage): void {
    switch (message.type) {
      case 'authentication':
        this.#authenticate(message.method);
        return;
      case 'parameter':
        if (message.name === 'drawbridge.masks') this.#masks = readMaskNotes(message.value);
        else if (message.name === 'drawbridge.held') this.#held(message.value);
        else this.#parameters.set(message.name, message.value);
        return;
      case 'key':
        this.#key = { processId: message.processId, secret: message.secret };
        return;
      case 'columns':
        this.#columns(message.columns);
        return;
      case 'complete':
        this.#current?.complete(message.tag);
        return;
      case 'empty':
        this.#current?.complete('');
        return;
      case 'notice':
        this.#current?.notice(message.fields.get('V') ?? 'NOTICE', message.fields.get('M') ?? '');
        return;
      case 'notification':
        this.#current?.notice('NOTIFICATION', `${message.channel}: ${message.payload}`);
        return;
      case 'copy-in':
        this.#stream.write(serialize.copyFail('a console has no data to copy from'));
        return;
      case 'error':
        this.#error(sqlError(message.fields));
        return;
      case 'ready':
        this.#readyForQuery(message.status);
        return;
      case 'copy-out':
      case 'other':
        return;
      default:
        message satisfies never;
    }
  }

  #authenticate(method: number): void {
    if (method === CLEARTEXT) this.#stream.write(serialize.password(this.#parts.secret));
    else if (method !== 0) {
      this.#end('the tunnel asked for a kind of password that is not known here');
      this.#stream.destroy();
    }
  }

  #held(value: string): void {
    const held = readHeldNote(value);
    this.#isHeld = held !== undefined;
    this.#parts.send({ type: 'held', ...(held === undefined ? {} : { held }) });
  }

  #columns(columns: readonly { readonly name: string; readonly typeOid: number }[]): void {
    const masks = this.#masks;
    this.#masks = new Map();
    this.#current?.columns(sqlColumns(columns, masks, this.#types));
  }

  #copyData(): void {
    if (this.#copyNoticed) return;
    this.#copyNoticed = true;
    this.#current?.notice(
      'WARNING',
      'COPY data is not shown in a console; use psql over the tunnel, or a SELECT',
    );
  }

  #error(error: SqlError): void {
    if (isFatal(error)) this.#fatal = error;
    this.#current?.error(error);
  }

  #readyForQuery(status: string): void {
    const changed = status !== this.#status;
    this.#status = status;
    const finished = this.#current;
    this.#current = undefined;
    this.#isHeld = false;
    clearTimeout(this.#trickle);
    if (!this.#ready) {
      this.#ready = true;
      const session = this.#parameters.get('drawbridge.session');
      this.#parts.send({
        type: 'ready',
        ...(session === undefined ? {} : { session }),
        database: this.#parts.database,
        server: this.#parameters.get('server_version') ?? '',
      });
    }
    if (changed) this.#parts.send({ type: 'transaction', state: transactionState(status) });
    finished?.done();
    const queued = this.#queued;
    this.#queued = undefined;
    if (queued !== undefined) this.#start(queued.answers, queued.text);
    else this.#readSchema();
  }

  #readSchema(): void {
    // In a failed transaction nothing runs; the schema waits for its end.
    if (
      !this.#schemaWanted ||
      !this.#ready ||
      this.#closed ||
      this.#current !== undefined ||
      this.#status === 'E'
    )
      return;
    this.#schemaWanted = false;
    const answers = new CollectedQuery((results) => {
      this.#types = typeNamesOf(results?.[1] ?? []);
      this.#parts.send({ type: 'schema', tables: schemaTables(results?.[0] ?? [], this.#parts.isMasked) });
    });
    this.#start(answers, SCHEMA_QUERY);
  }

  #end(message: string): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#trickle);
    const fatal = this.#fatal;
    this.#current?.done();
    this.#queued?.answers.done();
    this.#current = undefined;
    this.#queued = undefined;
    this.#parts.send({
      type: 'closed',
      ended: fatal !== undefined && endedByGateway(fatal),
      message: fatal?.message ?? message,
    });
  }
}

function transactionState(status: string): 'idle' | 'open' | 'failed' {
  if (status === 'T') return 'open';
  return status === 'E' ? 'failed' : 'idle';
}
