import type { SessionEndCode } from '@drawbridge/contract';
import type { SessionEnd } from '../../sessions/session.ts';
import type { Refusal } from './analysis/plan.ts';

/** Ends a PostgreSQL session: what the client reads as FATAL, and how the session's end is booked. */
export class SessionFailure extends Error {
  override readonly name = 'SessionFailure';
  readonly code: SessionEndCode;
  readonly refusal: Refusal;

  /** @param refusal message without the `drawbridge: ` prefix; nothing secret in it. */
  constructor(code: SessionEndCode, refusal: Refusal, options?: ErrorOptions) {
    super(refusal.message, options);
    this.code = code;
    this.refusal = refusal;
  }

  get end(): SessionEnd {
    return { code: this.code, message: this.refusal.message };
  }
}

/** The client broke the protocol. */
export const clientViolation = (message: string, options?: ErrorOptions): SessionFailure =>
  new SessionFailure('protocol_error', { sqlstate: '08P01', message }, options);

/** The target broke the protocol, so that nothing it says can be told apart or masked any more. */
export const targetViolation = (resource: string, what: string, options?: ErrorOptions): SessionFailure =>
  new SessionFailure(
    'target_error',
    {
      sqlstate: '08P01',
      message: `${resource} answered in a way that can't be checked (${what}), so the session ended`,
      hint: 'Connect again; if it happens again, tell whoever runs the gateway.',
    },
    options,
  );
