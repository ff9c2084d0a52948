import type { Socket } from 'node:net';
import ssh2, {
  type Algorithms,
  type AuthHandlerMiddleware,
  type Client,
  type ServerHostKeyAlgorithm,
} from 'ssh2';
import type { SshTargetCredential } from '../../../sessions/session.ts';
import { acceptHostCertificates } from './host-certificates.ts';
import { type HostRule, hostRule, noSuchHostKey, refuseHost } from './host-trust.ts';
import { type DialOptions, openTransport } from './open-transport.ts';
import { SshTargetFailure } from './ssh-target-failure.ts';
import { Ssh2Changed } from './ssh2-internals.ts';
import { TargetLogin } from './target-login.ts';

/** How long a target may take from its identification to having let us in, in ms. */
export const SIGN_IN_TIMEOUT = 15_000;
/** The most that a target may send in that time, in bytes: two key exchanges and a generous banner. */
const SIGN_IN_LIMIT = 256 * 1024;
/** How often a target that is silent is asked whether it is there, in ms, and how often in vain. */
const KEEPALIVE = { keepaliveInterval: 30_000, keepaliveCountMax: 3 };

/** No SHA-1, no CBC, no group that the target makes up, no compression (what it unpacks to has no bound). */
const ALGORITHMS = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} as const satisfies Algorithms;

/**
 * A signed-in connection to a target, whose host was verified; with a listener for its errors, which all end in
 * `close`.
 * @throws SshTargetFailure (message for the client: names the resource, never address or credential).
 */
export async function dialSshTarget(credential: SshTargetCredential, options: DialOptions): Promise<Client> {
  const rule = hostRule(options.resource, credential);
  const login = new TargetLogin(options.resource, credential);
  const socket = await openTransport(credential, options);
  const client = new ssh2.Client();
  client.on('error', () => undefined);
  await signIn(client, socket, rule, login, options);
  return client;
}

function signIn(
  client: Client,
  socket: Socket,
  rule: HostRule,
  login: TargetLogin,
  { resource, clock, signal }: DialOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let exchanged = false;
    let verified: Buffer | undefined;
    const begun = socket.bytesRead;
    const settle = () => {
      cancelTimeout();
      signal.removeEventListener('abort', onAbort);
      socket.off('data', onData);
      client.off('ready', onReady).off('error', onError).off('close', onClose);
      client.off('handshake', onHandshake).off('change password', onChangePassword);
    };
    const fail = (failure: SshTargetFailure) => {
      settle();
      socket.destroy();
      reject(failure);
    };
    const because = (...[reason, cause]: [Parameters<typeof SshTargetFailure.because>[0], unknown?]) =>
      fail(SshTargetFailure.because(reason, resource, cause));
    const onAbort = () => because('ended');
    const onData = () => {
      if (socket.bytesRead - begun > SIGN_IN_LIMIT) because('flood');
    };
    const onReady = () => {
      settle();
      resolve();
    };
    const onError = (error: Error) => fail(explain(error, exchanged, rule));
    const onClose = () => because('lost');
    const onHandshake = () => {
      exchanged = true;
    };
    const onChangePassword = () => because('refused_credential');
    const cancelTimeout = clock.after(SIGN_IN_TIMEOUT, () => because('timeout'));
    signal.addEventListener('abort', onAbort, { once: true });
    client.on('ready', onReady).on('error', onError).on('close', onClose);
    client.on('handshake', onHandshake).on('change password', onChangePassword);
    if (signal.aborted) return onAbort();

    const plainKeys = plainKeyAlgorithms(rule);
    const authHandler: AuthHandlerMiddleware = (methods, partial, next) => {
      try {
        const method = login.next(client, methods, partial);
        if (method !== undefined) next(method);
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)));
      }
    };
    try {
      client.connect({
        sock: socket,
        username: '', // Each attempt brings its own.
        ident: 'Drawbridge',
        readyTimeout: 0,
        ...KEEPALIVE,
        // ssh2 knows no empty list; without pinned keys this one is replaced below.
        algorithms: {
          ...ALGORITHMS,
          serverHostKey: plainKeys.length > 0 ? plainKeys : ['ssh-ed25519'],
        } as Algorithms,
        hostVerifier: (shown: Buffer) => {
          // At a rekeying the same is good enough, as for OpenSSH: a certificate may have expired meanwhile.
          if (verified?.equals(shown)) return true;
          const refusal = refuseHost(rule, shown, clock.now());
          if (refusal !== undefined) fail(refusal);
          else verified = Buffer.from(shown);
          return refusal === undefined;
        },
        authHandler,
      });
      if (rule.authority !== undefined) acceptHostCertificates(client, plainKeys);
    } catch (error) {
      return onError(error instanceof Error ? error : new Error(String(error)));
    }
    // After `connect`, which pauses the socket: else it would flow before ssh2 listens.
    socket.on('data', onData);
    // Nothing tells ssh2 of an end that came before it listened.
    if (socket.destroyed) onClose();
  });
}

/** What the target is asked to show, so that one with several keys shows the one that is pinned. */
function plainKeyAlgorithms({ pinned }: HostRule): ServerHostKeyAlgorithm[] {
  const algorithms = pinned.flatMap(({ type }) =>
    type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type],
  );
  return [...new Set(algorithms)] as ServerHostKeyAlgorithm[];
}

/** ssh2 tells its errors apart by their texts alone. The target's own words may be among them: for the log only. */
function explain(error: Error, exchanged: boolean, rule: HostRule): SshTargetFailure {
  const { resource } = rule;
  if (error instanceof SshTargetFailure) return error;
  if (error instanceof Ssh2Changed) return SshTargetFailure.because('unsupported', resource, error);
  const level = 'level' in error ? error.level : undefined;
  // A number is the reason of a DISCONNECT message (RFC 4253 section 11.1).
  const disconnected = 'code' in error && typeof error.code === 'number';
  if (level === 'client-socket' || disconnected) return SshTargetFailure.because('lost', resource, error);
  if (level === 'client-authentication')
    return SshTargetFailure.because('refused_credential', resource, error);
  if (level !== 'handshake' || exchanged) return SshTargetFailure.because('protocol', resource, error);
  if (/no matching host key format/i.test(error.message)) return noSuchHostKey(rule);
  if (/no matching/i.test(error.message)) return SshTargetFailure.because('algorithms', resource, error);
  return SshTargetFailure.because('protocol', resource, error);
}
