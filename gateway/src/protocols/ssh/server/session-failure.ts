import { DrawbridgeError, type SessionEndCode } from '@drawbridge/contract';
import { RecordingFailed } from '../../../recording/recorder.ts';
import { endOfUnbegun } from '../../../sessions/end-of-unbegun.ts';
import type { SessionEnd } from '../../../sessions/session.ts';
import { SftpViolation } from '../sftp/sftp-violation.ts';
import { SshTargetFailure } from '../target/ssh-target-failure.ts';

/** Ends an SSH session. */
export class SessionFailure extends Error {
  override readonly name = 'SessionFailure';
  readonly code: SessionEndCode;

  /** @param message for the client, without `drawbridge: `; nothing secret in it. */
  constructor(code: SessionEndCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Makes of whatever was thrown what the client may read and how the session is booked.
 * @param unexpected is told of what nobody foresaw.
 */
export function explainFailure(error: unknown, unexpected: (error: unknown) => void): SessionEnd {
  if (error instanceof SessionFailure) return { code: error.code, message: error.message };
  if (error instanceof SshTargetFailure || error instanceof SftpViolation)
    return { code: 'target_error', message: error.message };
  if (error instanceof RecordingFailed)
    return {
      code: 'recording_failed',
      message: "the session can't be recorded, so it ended: tell whoever runs the gateway",
    };
  if (error instanceof DrawbridgeError) {
    const { code, message, details } = error;
    const hint = details.hint === undefined ? '' : ` (${details.hint})`;
    return { code: endOfUnbegun(code), message: `${message}${hint}` };
  }
  unexpected(error);
  return {
    code: 'protocol_error',
    message: "an internal error of the gateway ended the session: the gateway's log says more",
  };
}

/** The target broke the protocol, so that nothing it says can be told apart or masked any more. */
export const targetViolation = (resource: string, cause: unknown): SessionFailure =>
  new SessionFailure(
    'target_error',
    `${resource} answered in a way that can't be checked, so the session ended: connect again, and if it stays so, tell whoever runs the gateway`,
    { cause },
  );
