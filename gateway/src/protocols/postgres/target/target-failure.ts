import { SessionFailure } from '../session-failure.ts';

/** Why a target can't be used; the details are for the gateway's log, never for the client. */
type Cause =
  | 'unreachable'
  | 'timeout'
  | 'no_tls'
  | 'certificate'
  | 'refused_credential'
  | 'weak_sign_in'
  | 'protocol'
  | 'schema'
  | 'lost';

const sentences: Record<Cause, (resource: string) => string> = {
  unreachable: (resource) => `${resource} can't be reached from the gateway`,
  timeout: (resource) => `${resource} did not answer in time`,
  no_tls: (resource) => `${resource} offers no TLS, which its configuration asks for`,
  certificate: (resource) => `the certificate of ${resource} can't be trusted`,
  refused_credential: (resource) => `${resource} refused the gateway's credential`,
  weak_sign_in: (resource) => `${resource} asks for a password in a way that would expose it`,
  protocol: (resource) => `${resource} does not answer as a PostgreSQL server does`,
  schema: (resource) => `the schema of ${resource} can't be read, so no statement could be checked`,
  lost: (resource) => `the connection to ${resource} broke`,
};

const hints: Partial<Record<Cause, string>> = {
  certificate: "Ask whoever runs the gateway to check the resource's target.tls and target.ca.",
  no_tls:
    "Ask whoever runs the gateway to switch TLS on at the target, or to check the resource's target.tls.",
  refused_credential: "Ask whoever runs the gateway to check the credential of the resource's profile.",
  weak_sign_in: 'Ask whoever runs the gateway to use scram-sha-256 at the target, or TLS.',
};
const HINT = 'Try again shortly; if it stays so, tell whoever runs the gateway.';

/**
 * @param cause decides what the client reads.
 * @param detail for the log, e.g. `ECONNREFUSED`.
 */
export function targetFailure(resource: string, cause: Cause, detail: unknown): SessionFailure {
  const sqlstate =
    cause === 'lost' || cause === 'protocol' || cause === 'schema'
      ? '08006'
      : cause === 'refused_credential'
        ? '28000'
        : '08001';
  return new SessionFailure(
    'target_error',
    { sqlstate, message: sentences[cause](resource), hint: hints[cause] ?? HINT },
    { cause: detail },
  );
}
