import type { Clock } from '../clock.ts';

/** What came back, or why nothing did. */
export type Posted =
  | {
      readonly status: number;
      /** `Retry-After` (RFC 9110 section 10.2.3), in ms. */
      readonly retryAfter?: number;
      readonly body: string;
    }
  | { readonly failed: string };

/** How long a receiver may take, in ms. */
const PATIENCE = 10_000;

export interface PostParts {
  readonly clock: Clock;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
  /** How much of the answer is read, in bytes; what goes on is cut off. 0: it is not read at all. */
  readonly largestAnswer: number;
}

/** One POST. Redirects are answers like others and not followed. Its words name no address: that may be a secret. */
export async function post({ clock, url, headers, body, signal, largestAnswer }: PostParts): Promise<Posted> {
  const abort = new AbortController();
  let late = false;
  const disarm = clock.after(PATIENCE, () => {
    late = true;
    abort.abort();
  });
  const stop = () => abort.abort();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: abort.signal,
    });
    const retryAfter = retryAfterOf(answer.headers.get('retry-after'), clock.now());
    return {
      status: answer.status,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      body: await beginning(answer, largestAnswer),
    };
  } catch (error) {
    if (signal.aborted) return { failed: 'the gateway stopped' };
    if (late) return { failed: `no answer within ${PATIENCE / 1000} s` };
    return { failed: reasonOf(error) };
  } finally {
    disarm();
    signal.removeEventListener('abort', stop);
  }
}

async function beginning(answer: Response, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (answer.body === null) return '';
  const reader = answer.body.getReader();
  while (size < most) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
  }
  await reader.cancel();
  return Buffer.concat(chunks).subarray(0, most).toString('utf8');
}

function retryAfterOf(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** `fetch failed` says nothing; what lies under it has a code like ECONNREFUSED. */
function reasonOf(error: unknown): string {
  for (let cause = error, depth = 0; depth < 5 && cause instanceof Error; depth += 1, cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string') return `the connection failed (${cause.code})`;
  return 'the connection failed';
}
