import {
  AccessExplanation,
  AccessRequest,
  AuditEvent,
  CommandReview,
  CommandReviewId,
  Grant,
  GrantId,
  Name,
  NewCommandVote,
  NewRequest,
  NewReview,
  PolicyAnswer,
  PolicyQuestion,
  PolicyView,
  type RecordingEvent,
  type RecordingHeader,
  type RecordingManifest,
  RequestId,
  Session,
  SessionId,
  User,
} from '@drawbridge/contract';
import { z } from 'zod';
import { AppState, Settings, type StatePatch, Tab } from './app-state.ts';
import { LARGEST_TERMINAL } from './terminal-port.ts';

/**
 * Everything the renderer may ask of the main process: the one list of channels. Main parses each payload
 * with the schema here before it looks at it; the preload exposes exactly these names and nothing else.
 */
interface Operation {
  readonly payload: z.ZodType;
  readonly result: z.ZodType;
}
const operation = <const O extends Operation>(definition: O): O => definition;

const nothing = z.undefined();
const tunnelRef = z.strictObject({ tunnel: z.string().max(64) });
const cells = z.int().min(1).max(LARGEST_TERMINAL);

/** What runs in a terminal: a shell on a resource, or on this computer, there perhaps with a tunnel's `PG…` set. */
export const TerminalTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ssh'), resource: Name, profile: Name }),
  z.strictObject({
    kind: z.literal('shell'),
    of: z.strictObject({ resource: Name, profile: Name }).optional(),
  }),
]);
export type TerminalTarget = z.infer<typeof TerminalTarget>;

export const operations = {
  'state.get': operation({ payload: nothing, result: AppState }),

  'gateways.add': operation({
    payload: z.strictObject({ url: z.string().max(500), name: z.string().max(60).optional() }),
    result: nothing,
  }),
  'gateways.remove': operation({ payload: z.strictObject({ id: z.string().max(64) }), result: nothing }),
  'gateways.select': operation({ payload: z.strictObject({ id: z.string().max(64) }), result: nothing }),
  'signIn.start': operation({ payload: nothing, result: nothing }),
  'signIn.cancel': operation({ payload: nothing, result: nothing }),
  'signIn.out': operation({ payload: nothing, result: nothing }),
  /** Tries the gateway again now. */
  'connection.retry': operation({ payload: nothing, result: nothing }),

  'requests.create': operation({ payload: NewRequest, result: AccessRequest }),
  'requests.cancel': operation({ payload: z.strictObject({ id: RequestId }), result: AccessRequest }),
  'requests.review': operation({
    payload: z.strictObject({ id: RequestId, review: NewReview }),
    result: AccessRequest,
  }),
  'grants.end': operation({
    payload: z.strictObject({ id: GrantId, reason: z.string().max(2000).optional() }),
    result: Grant,
  }),
  'commands.vote': operation({
    payload: z.strictObject({ id: CommandReviewId, vote: NewCommandVote }),
    result: CommandReview,
  }),
  /** Withdraws what the person sent: it fails as if it had been cancelled. */
  'commands.withdraw': operation({ payload: z.strictObject({ id: CommandReviewId }), result: CommandReview }),
  /** Goes ahead without approval where policy offers that; those to be told are told at once. */
  'commands.breakGlass': operation({
    payload: z.strictObject({ id: CommandReviewId, reason: z.string().trim().min(1).max(2000) }),
    result: CommandReview,
  }),
  /** What somebody did with earlier grants, for whoever reviews their request. */
  'sessions.list': operation({
    payload: z.strictObject({
      user: z.string().max(200).optional(),
      resource: Name.optional(),
      before: z.string().max(40).optional(),
      limit: z.int().min(1).max(200).optional(),
    }),
    result: z.object({ sessions: z.array(Session) }),
  }),
  'sessions.get': operation({ payload: z.strictObject({ session: SessionId }), result: Session }),
  /** Ends a live session, one's own or with `session.terminate`. */
  'sessions.terminate': operation({
    payload: z.strictObject({ session: SessionId, reason: z.string().max(2000).optional() }),
    result: Session,
  }),
  'audit.list': operation({
    payload: z.strictObject({ subject: z.string().max(100) }),
    result: z.object({ events: z.array(AuditEvent) }),
  }),

  /** What policy would say; of others than oneself with `admin.read`. */
  'policy.test': operation({ payload: PolicyQuestion, result: PolicyAnswer }),
  'policy.explain': operation({
    payload: z.strictObject({ resource: Name, as: z.string().max(200).optional() }),
    result: AccessExplanation,
  }),
  'policy.list': operation({
    payload: z.strictObject({ resource: Name.optional() }),
    result: z.object({ policies: z.array(PolicyView) }),
  }),
  'people.list': operation({
    payload: nothing,
    result: z.object({
      people: z.array(User.pick({ id: true, name: true, displayName: true, groups: true })),
    }),
  }),

  /** Opens (or finds) the tunnel of a resource and profile. */
  'tunnels.open': operation({
    payload: z.strictObject({ resource: Name, profile: Name }),
    result: z.object({ tunnel: z.string() }),
  }),
  'tunnels.close': operation({ payload: tunnelRef, result: nothing }),
  'tunnels.setPort': operation({
    payload: z.strictObject({ resource: Name, profile: Name, port: z.int().min(1024).max(65_535) }),
    result: nothing,
  }),
  /** The tunnel's own secret: worthless elsewhere, gone with the tunnel. */
  'tunnels.revealSecret': operation({ payload: tunnelRef, result: z.object({ secret: z.string() }) }),
  /** Puts it on the clipboard from the main process; `what` says which text. */
  'tunnels.copy': operation({
    payload: tunnelRef.extend({ what: z.enum(['secret', 'line', 'url', 'env']) }),
    result: nothing,
  }),
  'tunnels.openIn': operation({
    payload: tunnelRef.extend({ app: z.enum(['dbeaver', 'tableplus', 'vscode']) }),
    result: nothing,
  }),

  /** Opens a console's connection; its MessagePort arrives as `port` with the same `id` (see `sql-port.ts`). */
  'sql.connect': operation({
    payload: z.strictObject({ id: z.string().max(64), resource: Name, profile: Name }),
    result: nothing,
  }),
  'sql.history': operation({
    payload: z.strictObject({ resource: Name }),
    result: z.object({ entries: z.array(z.object({ text: z.string(), at: z.string(), ok: z.boolean() })) }),
  }),
  'sql.remember': operation({
    payload: z.strictObject({ resource: Name, text: z.string().max(1_000_000), ok: z.boolean() }),
    result: nothing,
  }),

  /**
   * Shows the terminal of a tab, made the first time; its MessagePort arrives as `port` with the same `id` (see
   * `terminal-port.ts`).
   */
  'terminals.attach': operation({
    payload: z.strictObject({
      id: z.string().max(64),
      tab: z.string().max(64),
      target: TerminalTarget,
      size: z.strictObject({ columns: cells, rows: cells }),
    }),
    result: nothing,
  }),
  /** The tab is closed: what runs in its terminal ends. */
  'terminals.close': operation({ payload: z.strictObject({ tab: z.string().max(64) }), result: nothing }),

  /** Streams a recording over a MessagePort (see `RecordingPortEvent`); with `follow`, that of a live session goes on until it ends. */
  'recordings.open': operation({
    payload: z.strictObject({ id: z.string().max(64), session: SessionId, follow: z.boolean().optional() }),
    result: nothing,
  }),
  'recordings.verify': operation({
    payload: z.strictObject({ session: SessionId }),
    result: z.object({
      ok: z.boolean(),
      events: z.int().optional(),
      reason: z.string().optional(),
      crashed: z.boolean().optional(),
    }),
  }),
  /** Asks where to save; `saved` is undefined where the person changed their mind. */
  'recordings.export': operation({
    payload: z.strictObject({ session: SessionId, format: z.enum(['recording', 'ndjson', 'csv', 'cast']) }),
    result: z.object({ saved: z.string().optional() }),
  }),

  'settings.set': operation({ payload: Settings.partial().strict(), result: nothing }),
  'tabs.save': operation({
    payload: z.strictObject({ open: z.array(Tab).max(50), active: z.string().max(64).optional() }),
    result: nothing,
  }),
  /** Answers the offer to bring back the tabs of the last run. */
  'tabs.restore': operation({ payload: z.strictObject({ accept: z.boolean() }), result: nothing }),

  'clipboard.write': operation({
    payload: z.strictObject({ text: z.string().max(20_000_000) }),
    result: nothing,
  }),
  /** Saves text that the renderer made (a result as CSV, …) where the person says. */
  'files.save': operation({
    payload: z.strictObject({ name: z.string().max(200), text: z.string().max(200_000_000) }),
    result: z.object({ saved: z.string().optional() }),
  }),
  'window.control': operation({
    payload: z.strictObject({ action: z.enum(['minimize', 'maximize', 'close']) }),
    result: nothing,
  }),
  /** Answers the question that quitting asked. */
  'app.quit': operation({
    payload: z.strictObject({ answer: z.enum(['quit', 'cancel', 'tray']) }),
    result: nothing,
  }),
} as const satisfies Record<string, Operation>;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
export type Payload<N extends OperationName> = z.input<Operations[N]['payload']>;
export type Result<N extends OperationName> = z.output<Operations[N]['result']>;

/** A failed operation as it crosses: a closed code (the contract's, or `gateway_unreachable`, `port_in_use`, …), a sentence, and what to do. */
export interface IpcFailure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly id?: string;
  readonly policies?: readonly string[];
}
export type IpcAnswer<R> =
  | { readonly ok: true; readonly value: R }
  | { readonly ok: false; readonly error: IpcFailure };

/** A place in the app, as a deep link, a notification, the tray or the palette may ask for it. */
export type Place =
  | { readonly page: 'resources' | 'access' | 'approvals' | 'recordings' | 'policy' | 'settings' }
  | { readonly page: 'request'; readonly resource: string; readonly profile?: string }
  | { readonly page: 'approval'; readonly request: string }
  /** Asking for more time under a grant that runs. */
  | { readonly page: 'extend'; readonly grant: string }
  /** A held statement or command. */
  | { readonly page: 'review'; readonly review: string }
  | { readonly page: 'connect'; readonly resource: string; readonly profile: string };

export interface QuitQuestion {
  readonly sessions: readonly {
    readonly kind: 'console' | 'terminal';
    /** What the session is on; this computer where there is none. */
    readonly resource: string | undefined;
    readonly production: boolean;
    readonly note: string;
  }[];
  readonly tunnels: readonly { readonly port: number; readonly note: string }[];
}

/** What main says unasked. */
export interface Pushes {
  'state.patch': StatePatch;
  'place.open': Place;
  'app.confirmQuit': QuitQuestion;
  /** A line to show for a moment, e.g. *Tunnels stay open in the tray*. */
  toast: { readonly kind: 'info' | 'active' | 'denied'; readonly title: string; readonly body?: string };
}
export type PushName = keyof Pushes;

/** Main stops reading a recording while more batches of `events` than this were not acknowledged. */
export const RECORDING_CREDIT = 4;
/** What the page says on a recording's port: one batch of `events` was taken over. */
export interface RecordingPortRequest {
  readonly type: 'ack';
}

export type RecordingPortEvent =
  | { readonly type: 'header'; readonly header: RecordingHeader }
  | {
      readonly type: 'events';
      readonly events: readonly { readonly event: RecordingEvent; readonly payload?: Uint8Array }[];
    }
  | { readonly type: 'end'; readonly manifest?: RecordingManifest }
  | { readonly type: 'failed'; readonly message: string };

/** What the preload puts on `window.drawbridge`. Ports arrive as `message` events of the window with `{ port: id }`. */
export interface Bridge {
  call<N extends OperationName>(name: N, payload: Payload<N>): Promise<IpcAnswer<Result<N>>>;
  on<N extends PushName>(name: N, listener: (value: Pushes[N]) => void): () => void;
}
