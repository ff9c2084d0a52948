import { DrawbridgeError } from '@drawbridge/contract';
import { RecordingFailed } from '../../recording/recorder.ts';
import { endOfUnbegun } from '../../sessions/end-of-unbegun.ts';
import { SessionFailure } from './session-failure.ts';

/**
 * Makes of whatever was thrown what the client may read.
 * @param unexpected is told of what nobody foresaw.
 */
export function explainFailure(error: unknown, unexpected: (error: unknown) => void): SessionFailure {
  if (error instanceof SessionFailure) return error;
  if (error instanceof RecordingFailed) {
    const message = "the session can't be recorded, so it ended";
    return new SessionFailure(
      'recording_failed',
      { sqlstate: '58030', message, hint: 'Tell whoever runs the gateway.' },
      { cause: error },
    );
  }
  if (error instanceof DrawbridgeError) {
    const { code, message, details } = error;
    const hint = details.hint === undefined ? {} : { hint: details.hint };
    return new SessionFailure(endOfUnbegun(code), { sqlstate: '28000', message, ...hint }, { cause: error });
  }
  unexpected(error);
  const message = 'an internal error of the gateway ended the session';
  return new SessionFailure(
    'protocol_error',
    { sqlstate: 'XX000', message, hint: "The gateway's log says more." },
    { cause: error },
  );
}
