import type { Socket } from 'node:net';
import type { Clock } from '../../../clock.ts';
import type { PostgresCredential } from '../../../sessions/session.ts';
import { readErrorFields } from '../codec/error-fields.ts';
import { backendLimits } from '../codec/frame-limits.ts';
import { FrameSource } from '../codec/frame-source.ts';
import { startup } from '../codec/frontend-messages.ts';
import { MessageReader } from '../codec/message-reader.ts';
import { Backend } from '../codec/message-type.ts';
import { SessionFailure } from '../session-failure.ts';
import { type DialOptions, dialTarget } from './dial-target.ts';
import { SignIn, SignInRefused } from './sign-in.ts';
import { targetFailure } from './target-failure.ts';

/** How long a target may take from the startup message to being ready, in ms. */
export const SIGN_IN_TIMEOUT = 15_000;

/** A signed-in connection to a target, ready for queries. */
export interface TargetConnection {
  readonly socket: Socket;
  readonly frames: FrameSource;
  /** As reported at the start, e.g. `server_version`. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly processId: number;
  readonly secret: Buffer;
}

/**
 * Dials a target and signs in with its credential.
 * @param settings the session begins with; `client_encoding` is always UTF8.
 * @throws SessionFailure naming the resource; never address or credential.
 */
export async function connectTarget(
  credential: PostgresCredential,
  settings: Readonly<Record<string, string>>,
  options: DialOptions,
): Promise<TargetConnection> {
  const socket = await dialTarget(credential, options);
  const frames = new FrameSource(socket, backendLimits);
  const abort = () => socket.destroy();
  const timeout = deadline(options.clock, SIGN_IN_TIMEOUT, abort);
  options.signal.addEventListener('abort', abort, { once: true });
  if (options.signal.aborted) abort();
  try {
    socket.write(startup({ user: credential.username, database: credential.database, ...settings }));
    await signIn(new SignIn(credential, socket), frames, options.resource);
    return { socket, frames, ...(await becomeReady(frames, options.resource)) };
  } catch (error) {
    socket.destroy();
    if (error instanceof SessionFailure) throw error;
    if (error instanceof SignInRefused) throw targetFailure(options.resource, 'weak_sign_in', error);
    throw targetFailure(options.resource, timeout.passed ? 'timeout' : 'protocol', error);
  } finally {
    timeout.cancel();
    options.signal.removeEventListener('abort', abort);
  }
}

async function signIn(signIn: SignIn, frames: FrameSource, resource: string): Promise<void> {
  for (;;) {
    const frame = await frames.next();
    if (frame[0] === Backend.errorResponse) throw refusedStart(frame, resource);
    if (frame[0] === Backend.noticeResponse) continue;
    if (frame[0] !== Backend.authentication) throw new Error(`message ${frame[0]} during sign-in`);
    if (await signIn.answer(frame)) return;
  }
}

async function becomeReady(
  frames: FrameSource,
  resource: string,
): Promise<Pick<TargetConnection, 'parameters' | 'processId' | 'secret'>> {
  const parameters = new Map<string, string>();
  let processId = 0;
  let secret = Buffer.alloc(0);
  for (;;) {
    const frame = await frames.next();
    const reader = new MessageReader(frame, 5, frame.length);
    switch (frame[0]) {
      case Backend.parameterStatus:
        parameters.set(reader.cstring(), reader.cstring());
        break;
      case Backend.backendKeyData:
        processId = reader.int32();
        secret = Buffer.from(frame.subarray(9));
        break;
      case Backend.noticeResponse:
        break;
      case Backend.errorResponse:
        throw refusedStart(frame, resource);
      case Backend.readyForQuery:
        return { parameters, processId, secret };
      default:
        throw new Error(`message ${frame[0]} before ReadyForQuery`);
    }
  }
}

/**
 * What the client may know of an error at sign-in: those about its own settings (classes 22 and 42) as they are,
 * of the rest the code, since their texts name the target's user, database and address rules.
 */
function refusedStart(frame: Buffer, resource: string): SessionFailure {
  const fields = readErrorFields(frame, 0, frame.length);
  const sqlstate = fields.get('C') ?? '08006';
  if (sqlstate.startsWith('28')) return targetFailure(resource, 'refused_credential', sqlstate);
  const own = /^(22|42)/.test(sqlstate);
  const message = own
    ? (fields.get('M') ?? '')
    : `${resource} can't be connected to now (SQLSTATE ${sqlstate})`;
  const hint = 'Try again shortly; if it stays so, tell whoever runs the gateway.';
  return new SessionFailure(own ? 'protocol_error' : 'target_error', {
    sqlstate,
    message,
    ...(own ? {} : { hint }),
  });
}

function deadline(
  clock: Clock,
  ms: number,
  task: () => void,
): { cancel: () => void; readonly passed: boolean } {
  let passed = false;
  const cancel = clock.after(ms, () => {
    passed = true;
    task();
  });
  return {
    cancel,
    get passed() {
      return passed;
    },
  };
}
