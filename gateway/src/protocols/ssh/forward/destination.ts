import type { RecordingEventInput } from '@drawbridge/contract';
import type { Action, Answer } from '../../../policy/decision.ts';

/** Where a forwarded connection leads (`out`), or where the target listens for some (`in`). Port 0: `host` is a socket's path. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly direction: 'out' | 'in';
}

/** `ssh.forward` to it; see *Policy* in the docs. */
export const forwardAction = ({ host, port, direction }: Destination): Action => ({
  name: 'ssh.forward',
  context: { host, port, direction },
});

/** Longest host name (RFC 1035) and path of a socket (Linux: 108) in one. */
const MOST_HOST = 255;

/** Why policy can't be asked about it; undefined where it can. */
export function uncheckable({ host, port }: Destination): string | undefined {
  if (port > 65_535) return `there is no port ${port}`;
  if (host.length > MOST_HOST) return 'the name of the host is too long';
  // ssh2 puts U+FFFD where a name isn't UTF-8. Others might end a name at NUL.
  if (/[\p{Cc}\uFFFD]/u.test(host)) return "the name of the host can't be checked";
  return undefined;
}

/** As it stands in a message. */
export const named = ({ host, port }: Destination): string => {
  if (port === 0 && host.startsWith('/')) return host;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
};

export function forwardEvent(
  channel: number,
  { host, port, direction }: Destination,
  decision: Answer,
): RecordingEventInput {
  return {
    type: 'channel',
    channel,
    kind: 'forward',
    destination: { host, port },
    direction,
    actions: ['ssh.forward'],
    decision: decision.verdict,
    ...(decision.verdict === 'deny' ? { reason: decision.reason } : {}),
    ...(decision.policies.length === 0 ? {} : { policies: [...decision.policies] }),
    ...(decision.review === undefined ? {} : { review: decision.review }),
  };
}
