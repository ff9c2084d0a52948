import { timingSafeEqual } from 'node:crypto';
import ssh2, { type AuthContext, type Connection, type ParsedKey, type PublicKeyAuthContext } from 'ssh2';
import { SessionFailure } from './session-failure.ts';

/** Wrong keys (or passwords) after which it is sent away; as many as OpenSSH's server takes. */
const MOST_ATTEMPTS = 6;

const METHODS: ['publickey'] = ['publickey'];

/** A client that has shown its key, and waits to be let in. */
export interface LoggedIn {
  accept(): void;
}

/**
 * Waits until the client has shown that it has `clientKey`; which user it asks for does not matter. It is not told so
 * yet: up to then there are ways of telling it why it can't be served.
 * @throws SessionFailure on too many attempts, and the reason of `signal` when that aborts.
 */
export function logInClient(
  connection: Connection,
  clientKey: string | undefined,
  signal: AbortSignal,
): Promise<LoggedIn> {
  return new Promise((resolve, reject) => {
    const key = parse(clientKey);
    let attempts = 0;
    const settle = (outcome: () => void) => {
      signal.removeEventListener('abort', onAbort);
      connection.off('authentication', onAuthentication);
      outcome();
    };
    const onAbort = () => settle(() => reject(signal.reason));
    const fail = (message: string) => settle(() => reject(new SessionFailure('protocol_error', message)));
    const onAuthentication = (context: AuthContext) => {
      if (key === undefined) return fail(NO_KEY);
      if (context.method === 'publickey' && isKey(context, key)) {
        // Without a signature it only asks whether the key would do.
        if (context.signature === undefined) return context.accept();
        if (isSigned(context, key)) return settle(() => resolve({ accept: () => context.accept() }));
      }
      if (context.method !== 'none') attempts += 1;
      if (attempts < MOST_ATTEMPTS) context.reject(METHODS);
      else fail(WRONG_KEY);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    connection.on('authentication', onAuthentication);
    if (signal.aborted) onAbort();
  });
}

const NO_KEY =
  'an SSH connection needs the key that Drawbridge makes for it: connect with "drawbridge ssh", or with ssh after "drawbridge ssh-config"';
const WRONG_KEY =
  'this connection takes one key only, the one that Drawbridge made for it: connect with "drawbridge ssh", or with ssh after "drawbridge ssh-config"';

function parse(line: string | undefined): ParsedKey | undefined {
  if (line === undefined) return undefined;
  const key: ParsedKey | Error = ssh2.utils.parseKey(line);
  return key instanceof Error ? undefined : key;
}

function isKey({ key: { data } }: PublicKeyAuthContext, key: ParsedKey): boolean {
  const expected = key.getPublicSSH();
  return data.length === expected.length && timingSafeEqual(data, expected);
}

function isSigned(context: PublicKeyAuthContext, key: ParsedKey): boolean {
  const { blob, signature, hashAlgo } = context as PublicKeyAuthContext & { hashAlgo?: string };
  return blob !== undefined && signature !== undefined && key.verify(blob, signature, hashAlgo) === true;
}
