import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedWebhook {
  readonly id: string;
  /** Seconds. */
  readonly timestamp: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** How it answers: a status, with headers or not; or not at all. */
export type Answer =
  | number
  | { readonly status: number; readonly headers: Record<string, string> }
  | 'silence';

export interface WebhookReceiver {
  readonly url: string;
  readonly port: number;
  /** Everything that came, in order; also what was answered with an error. */
  readonly received: readonly ReceivedWebhook[];
  /** What is answered from now on; a list is used up first. */
  answer(then: Answer, ...first: Answer[]): void;
  close(): Promise<void>;
}

/** Somebody's server that takes webhooks. @param port 0: any */
export async function startWebhookReceiver(port = 0): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  let first: Answer[] = [];
  let then: Answer = 204;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const { type, data } = JSON.parse(body) as Pick<ReceivedWebhook, 'type' | 'data'>;
      received.push({
        id: String(request.headers['webhook-id']),
        timestamp: Number(request.headers['webhook-timestamp']),
        type,
        data,
        body,
        headers: request.headers,
      });
      give(response, first.shift() ?? then);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const own = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${own}/hook?team=shop`,
    port: own,
    received,
    answer(last, ...before) {
      then = last;
      first = before;
    },
    async close() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

function give(response: ServerResponse, answer: Answer): void {
  if (answer === 'silence') return;
  const { status, headers } = typeof answer === 'number' ? { status: answer, headers: {} } : answer;
  response.writeHead(status, headers).end('an answer that nobody reads');
}

/**
 * Verifies as a receiver does, written from the text of the Standard Webhooks specification 1.0.0 and sharing nothing
 * with the sender. Throws what is wrong.
 * @param now seconds
 */
export function verifyWebhook(
  { headers, body }: Pick<ReceivedWebhook, 'headers' | 'body'>,
  secret: string,
  now: number,
): void {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name] ?? ''),
  );
  if (!id || !timestamp || !signatures) throw new Error('a header is missing');
  if (Math.abs(now - Number(timestamp)) > 300) throw new Error('it is too old');
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  const matches = signatures.split(' ').some((each) => {
    const [version, signature = ''] = each.split(',');
    const given = Buffer.from(signature, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!matches) throw new Error('no signature matches');
}
