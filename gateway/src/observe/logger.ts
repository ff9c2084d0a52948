import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

/** What the gateway's parts log with: structured, one JSON line an entry. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

/**
 * Paths that are never written, wherever a careless call may put them. Logging a secret is a mistake of
 * the caller; this is the net under it.
 */
const secrets = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'clientSecret',
  'access_token',
  'refresh_token',
  'id_token',
];
const redact = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** Logs to standard error, so that standard output stays free for what a command answers. */
export function createLogger(level: string, destination: DestinationStream = standardError()): PinoLogger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError },
      redact: { paths: redact, censor: '(hidden)' },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

/** Standard error, written in the background. Whoever read it may go: that must neither end nor hang the gateway. */
function standardError(): DestinationStream {
  const stream = pino.destination({ dest: 2, sync: false });
  stream.on('error', () => {
    stream.write = () => true;
  });
  // At exit pino writes what is left with this, which tries for ever where nobody reads any more (sonic-boom 4). What
  // was logged is on its way by then, all but the lines of the very last tick.
  stream.flushSync = () => undefined;
  return stream;
}

/**
 * An error as it is logged: libraries hang clients, sockets and requests on theirs, which hold what nobody
 * should read in a log.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack, cause } = error;
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return {
    type: name,
    message,
    ...code,
    stack,
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
  };
}
