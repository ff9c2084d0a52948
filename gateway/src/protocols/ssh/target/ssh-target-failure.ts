/** Why a target can't be used. */
export type SshTargetFailureReason =
  | 'unreachable'
  | 'timeout'
  | 'protocol'
  | 'flood'
  | 'algorithms'
  | 'host_key'
  | 'host_certificate'
  | 'trust'
  | 'credential'
  | 'login_method'
  | 'refused_credential'
  | 'unsupported'
  | 'lost'
  | 'ended';

const AGAIN = 'try again shortly; if it stays so, tell whoever runs the gateway';
const ASK = 'ask whoever runs the gateway to';

/** What the client reads where the reason says all that there is to say; the others come with words of their own. */
const SENTENCES = {
  unreachable: (resource: string) => `${resource} can't be reached from the gateway: ${AGAIN}`,
  timeout: (resource: string) => `${resource} did not answer in time: ${AGAIN}`,
  protocol: (resource: string) =>
    `${resource} does not answer as an SSH server does: ${ASK} check the resource's target.host and target.port`,
  flood: (resource: string) =>
    `${resource} sent far more than an SSH server says before sign-in, and was cut off: ${ASK} look at its banner`,
  algorithms: (resource: string) =>
    `${resource} and the gateway have no secure key exchange, cipher or MAC in common: ${ASK} bring its SSH server up to date`,
  refused_credential: (resource: string) =>
    `${resource} refused the gateway's credential: ${ASK} check the credential of the resource's profile`,
  unsupported: (resource: string) =>
    `${resource} needs a part of the SSH library that is not as the gateway knows it, so nothing was sent: tell whoever runs the gateway`,
  lost: (resource: string) => `${resource} closed the connection before sign-in was done: ${AGAIN}`,
  ended: (resource: string) => `the session ended before ${resource} was connected`,
} as const satisfies Partial<Record<SshTargetFailureReason, (resource: string) => string>>;

/**
 * A target that could not be signed in to. The message is for the client: it names the resource, never address or
 * credential, and says what to do. The cause is for the gateway's log.
 */
export class SshTargetFailure extends Error {
  override readonly name = 'SshTargetFailure';
  readonly reason: SshTargetFailureReason;

  constructor(reason: SshTargetFailureReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }

  /** @param cause e.g. an error of the socket. */
  static because(reason: keyof typeof SENTENCES, resource: string, cause?: unknown): SshTargetFailure {
    return new SshTargetFailure(reason, SENTENCES[reason](resource), cause);
  }
}
