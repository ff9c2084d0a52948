import { z } from 'zod';
import { CommandReviewState } from './command-review.ts';
import { MaskKind, Protocol } from './documents.ts';
import { CommandReviewId, GatewayId, GrantId, Name, SessionId, Timestamp } from './ids.ts';
import { PrincipalRef } from './principal.ts';

/**
 * What a recording holds: a header, then events, each with an optional binary payload, then a signed
 * manifest. The words are protocol-neutral; what only one protocol knows stands in the payload and is
 * named by `format`. How events are chained and encoded is in `recording-chain.ts`.
 */
export const RecordingHeader = z.object({
  version: z.literal(1),
  session: SessionId,
  grant: GrantId,
  gateway: GatewayId,
  principal: PrincipalRef,
  resource: Name,
  profile: Name,
  protocol: Protocol,
  reason: z.string(),
  approvedBy: z.array(PrincipalRef),
  /** Why its holder went ahead without approval, where they did. */
  brokenGlass: z.string().optional(),
  startedAt: Timestamp,
  clientAddress: z.string().optional(),
});
export type RecordingHeader = z.infer<typeof RecordingHeader>;

const base = {
  /** Position in the recording, from 0. Assigned by the recorder. */
  seq: z.int().nonnegative(),
  /** Milliseconds since `startedAt`, to the microsecond. Assigned by the recorder. */
  at: z.number().nonnegative(),
};

/** A number that ties a statement to its results; counts from 1 within a session. */
const statement = z.int().positive();

/** A number of a channel; counts from 1 within a session. */
const channel = z.int().positive();

export const RecordedColumn = z.object({
  name: z.string(),
  /** The type's name where it is known, else its number: `text`, `int8`, `oid:16432`. */
  type: z.string(),
  /** How the payload of `rows` holds this column. */
  format: z.enum(['text', 'binary']),
  masked: z.object({ rule: Name, mask: MaskKind, column: z.string() }).optional(),
});
export type RecordedColumn = z.infer<typeof RecordedColumn>;

export const RecordingEvent = z.discriminatedUnion('type', [
  /** The client's own name and settings, once the protocol knows them. */
  z.object({
    ...base,
    type: z.literal('client'),
    name: z.string().optional(),
    database: z.string().optional(),
    settings: z.record(z.string(), z.string()),
  }),
  /** A statement as sent, and what was decided. Recorded before it goes to the target. */
  z.object({
    ...base,
    type: z.literal('statement'),
    statement,
    text: z.string(),
    /** `prepare` is followed by any number of `execute` with the same number. */
    mode: z.enum(['simple', 'prepare']),
    actions: z.array(z.string()),
    tables: z.array(z.string()),
    decision: z.enum(['allow', 'deny']),
    reason: z.string().optional(),
    policies: z.array(z.string()).optional(),
    /** The review that it waited for. */
    review: CommandReviewId.optional(),
  }),
  /** One run of a prepared statement with its parameters; binary ones as `\x…` hexadecimal. */
  z.object({
    ...base,
    type: z.literal('execute'),
    statement,
    parameters: z.array(z.string().nullable()),
    /** The review that it waited for, and that said no where `decision` says so. */
    review: CommandReviewId.optional(),
    decision: z.literal('deny').optional(),
    reason: z.string().optional(),
  }),
  /** What follows in `rows` of this statement. */
  z.object({ ...base, type: z.literal('columns'), statement, columns: z.array(RecordedColumn) }),
  /** Rows as the client saw them, masked. The payload holds them in `format`. */
  z.object({
    ...base,
    type: z.literal('rows'),
    statement,
    format: z.literal('postgres.DataRow'),
    count: z.int().positive(),
  }),
  /** Bulk data; payload is the data as it passed. `in` is client to target. */
  z.object({
    ...base,
    type: z.literal('copy'),
    statement,
    direction: z.enum(['in', 'out']),
    format: z.literal('postgres.CopyData'),
  }),
  /** How a statement ended. */
  z.object({
    ...base,
    type: z.literal('result'),
    statement,
    status: z.enum(['ok', 'error', 'suspended', 'cancelled']),
    tag: z.string().optional(),
    rows: z.int().nonnegative().optional(),
    /** Its last rows (of a short result all) stand in the payload here, in place of an event of their own: see `rowsApart`. */
    format: z.literal('postgres.DataRow').optional(),
    count: z.int().positive().optional(),
    error: z.object({ code: z.string(), severity: z.string(), message: z.string() }).optional(),
  }),
  /** Said by the target outside a result: notices, notifications. Masked like all else. */
  z.object({
    ...base,
    type: z.literal('message'),
    kind: z.enum(['notice', 'notification']),
    text: z.string(),
    channel: z.string().optional(),
  }),
  /**
   * One thing done over a connection that carries several: a shell, a command, file transfer, a forwarded
   * connection. Recorded before the target is asked for it.
   */
  z.object({
    ...base,
    type: z.literal('channel'),
    channel,
    kind: z.enum(['shell', 'exec', 'sftp', 'forward']),
    /** The command as sent. */
    command: z.string().optional(),
    terminal: z.object({ term: z.string(), columns: z.int(), rows: z.int() }).optional(),
    /** Where a forwarded connection leads; of those that come in, where the target listens. Port 0: `host` is the path of a socket. */
    destination: z.object({ host: z.string(), port: z.int() }).optional(),
    /** Of a forwarded connection: made from the target (`out`), or made to it and carried to the client (`in`). */
    direction: z.enum(['out', 'in']).optional(),
    actions: z.array(z.string()),
    decision: z.enum(['allow', 'deny']),
    reason: z.string().optional(),
    policies: z.array(z.string()).optional(),
    /** The review that it waited for. */
    review: CommandReviewId.optional(),
  }),
  /** What the client saw, masked; the payload is the bytes. */
  z.object({
    ...base,
    type: z.literal('output'),
    channel,
    stream: z.enum(['stdout', 'stderr']),
    /** How many matches of data rules end in these bytes. */
    masked: z.int().positive().optional(),
  }),
  /**
   * What the client sent; the payload is the bytes. `withheld` counts bytes that are not kept: typed where nothing
   * was echoed. Those that turn out to be echoed follow in an event of their own with `echoed`.
   */
  z.object({
    ...base,
    type: z.literal('input'),
    channel,
    withheld: z.int().positive().optional(),
    echoed: z.literal(true).optional(),
  }),
  z.object({ ...base, type: z.literal('resize'), channel, columns: z.int(), rows: z.int() }),
  z.object({ ...base, type: z.literal('signal'), channel, signal: z.string() }),
  /** One operation on a file of the target. Reads and writes of one file in a row are one event with their bytes added up. */
  z.object({
    ...base,
    type: z.literal('file'),
    channel,
    operation: z.enum([
      'open',
      'read',
      'write',
      'close',
      'list',
      'stat',
      'set-attributes',
      'rename',
      'remove',
      'make-directory',
      'remove-directory',
      'link',
      'read-link',
      'real-path',
      'extended',
    ]),
    path: z.string(),
    /** Of `rename` and `link`. */
    to: z.string().optional(),
    /** Of `read` and `write`. */
    bytes: z.int().nonnegative().optional(),
    decision: z.enum(['allow', 'deny']),
    reason: z.string().optional(),
    policies: z.array(z.string()).optional(),
    /** The review that it waited for. */
    review: CommandReviewId.optional(),
  }),
  /** How a channel ended. Bytes as they went to the target (`bytesIn`) and to the client (`bytesOut`). */
  z.object({
    ...base,
    type: z.literal('exit'),
    channel,
    code: z.int().optional(),
    signal: z.string().optional(),
    bytesIn: z.int().nonnegative(),
    bytesOut: z.int().nonnegative(),
  }),
  /** Something is held until people decide (`pending`), and what they decided. */
  z.object({
    ...base,
    type: z.literal('review'),
    review: CommandReviewId,
    state: CommandReviewState,
    /** Of `pending`: what is held. */
    text: z.string().optional(),
    parameters: z.array(z.string().nullable()).optional(),
    /** Of `pending`: who is asked. */
    groups: z.array(z.string()).optional(),
    /** Who approved or denied. */
    by: z.array(PrincipalRef).optional(),
    reason: z.string().optional(),
    /** Its sender went ahead without approval. */
    brokenGlass: z.literal(true).optional(),
  }),
  /** The client asked to cancel what runs. */
  z.object({ ...base, type: z.literal('cancel') }),
  z.object({ ...base, type: z.literal('end'), code: z.string(), reason: z.string() }),
]);
export type RecordingEvent = z.infer<typeof RecordingEvent>;

type WithoutPosition<E> = E extends RecordingEvent ? Omit<E, 'seq' | 'at'> : never;
/** An event before the recorder gave it its place. */
export type RecordingEventInput = WithoutPosition<RecordingEvent>;

/** What is signed (as a JWS, EdDSA, `typ: drawbridge-recording+jws`) when a recording is sealed. */
export const RecordingManifest = z.object({
  version: z.literal(1),
  session: SessionId,
  gateway: GatewayId,
  events: z.int().nonnegative(),
  /** Hexadecimal SHA-256: the chain's last hash. */
  head: z.string().regex(/^[0-9a-f]{64}$/),
  startedAt: Timestamp,
  sealedAt: Timestamp,
  endCode: z.string(),
  /** True where the gateway died and the next start sealed what had reached the disk. */
  crashed: z.boolean(),
});
export type RecordingManifest = z.infer<typeof RecordingManifest>;

export const RECORDING_MEDIA_TYPE = 'application/vnd.drawbridge.recording';
