import { z } from 'zod';

/**
 * Every way a call can fail, with its HTTP status. The set is closed: clients switch on the code,
 * never on the message. A message says what didn't happen, why, and what to do about it.
 */
export const errorStatus = {
  invalid_request: 400,
  invalid_document: 400,
  sign_in_required: 401,
  token_expired: 401,
  token_invalid: 401,
  signed_out: 401,
  forbidden: 403,
  policy_denied: 403,
  access_needed: 403,
  self_review: 403,
  not_a_reviewer: 403,
  not_found: 404,
  already_pending: 409,
  already_granted: 409,
  already_reviewed: 409,
  not_pending: 409,
  not_active: 409,
  in_use: 409,
  grant_expired: 410,
  payload_too_large: 413,
  rate_limited: 429,
  internal: 500,
  target_unreachable: 502,
  not_ready: 503,
  shutting_down: 503,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof errorStatus;
export const ErrorCode = z.enum(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]]);

export const ErrorBody = z.object({
  error: z.object({
    code: ErrorCode,
    message: z.string(),
    /** What to do next, as a sentence. */
    hint: z.string().optional(),
    /** The id of what stands in the way, e.g. the pending request of `already_pending`. */
    id: z.string().optional(),
    /** The policies that decided, in the order they were named. */
    policies: z.array(z.string()).optional(),
    /** Where in the input, e.g. `profiles.read.maxDuration`, one line each. */
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

type Details = Omit<ErrorBody['error'], 'code' | 'message'>;

/** A refusal or failure that a person may read: nothing secret is in its message or details. */
export class DrawbridgeError extends Error {
  override readonly name = 'DrawbridgeError';
  readonly code: ErrorCode;
  readonly details: Details;

  constructor(code: ErrorCode, message: string, details: Details = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return errorStatus[this.code];
  }

  toBody(): ErrorBody {
    return { error: { code: this.code, message: this.message, ...this.details } };
  }
}
