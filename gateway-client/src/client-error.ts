/** Everything that can fail on this side of the wire. What the gateway refuses is a `DrawbridgeError` with the gateway's own code. */
export const CLIENT_ERROR_CODES = [
  'gateway_unreachable',
  'gateway_timeout',
  'unexpected_response',
  'invalid_gateway_url',
  'sign_in_failed',
  'sign_in_timeout',
  'sign_in_cancelled',
  'state_unsafe',
  'state_unreadable',
  'port_in_use',
  'recording_invalid',
  'request_not_approved',
  'ambiguous_id',
  'usage',
  'file_unreadable',
  'command_failed',
] as const;
export type ClientErrorCode = (typeof CLIENT_ERROR_CODES)[number];

/** A failure of the client's own. Nothing secret is in `message` or `hint`; `hint` says what to do next. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  readonly hint: string | undefined;

  constructor(code: ClientErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** The innermost reason of a failed `fetch` or connect, in a few words: `ECONNREFUSED`, a certificate's fault. */
function networkReason(error: unknown): string {
  for (
    let cause: unknown = error, depth = 0;
    depth < 5 && cause instanceof Error;
    depth += 1, cause = cause.cause
  ) {
    if ('code' in cause && typeof cause.code === 'string' && !cause.code.startsWith('OAUTH'))
      return cause.code;
    if (cause instanceof AggregateError && cause.errors.length > 0) return networkReason(cause.errors[0]);
  }
  return error instanceof Error ? error.message : String(error);
}

export function unreachable(gateway: string, error: unknown): ClientError {
  return new ClientError(
    'gateway_unreachable',
    `${gateway} can't be reached (${networkReason(error)})`,
    'Check the address, your network or VPN, and that the gateway runs.',
    { cause: error },
  );
}
