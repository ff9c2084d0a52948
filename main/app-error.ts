/** What the app itself refuses or fails at; what the gateway refuses is a `DrawbridgeError`, what the way there does a `ClientError`. */
export type AppErrorCode =
  | 'invalid_payload'
  | 'forbidden_sender'
  | 'no_gateway'
  | 'not_found'
  | 'program_not_found'
  | 'port_in_use'
  | 'link_refused'
  | 'host_key_mismatch'
  | 'shell_failed'
  | 'shell_declined'
  | 'session_ended'
  | 'not_saved';

/** `message` says what didn't happen and why, `hint` what to do; nothing secret is in either. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: AppErrorCode;
  readonly hint: string | undefined;

  constructor(code: AppErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}
