import { ErrorBody, TUNNEL_PATH, TUNNEL_SUBPROTOCOL } from '@drawbridge/contract';
import { WebSocket } from 'ws';

export interface Knock {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly subprotocols?: readonly string[];
}

/** The answer to a WebSocket upgrade: what was opened, or the refusal. */
export type Answer =
  | { readonly link: WebSocket }
  | { readonly status: number; readonly error: ErrorBody['error'] | undefined };

/** Asks a gateway for a tunnel as nobody's client would. */
export function knock(gateway: string, options: Knock = {}): Promise<Answer> {
  const url = new URL(options.path ?? TUNNEL_PATH, gateway);
  url.protocol = 'ws:';
  for (const [name, value] of Object.entries(options.query ?? { resource: 'orders-staging' }))
    url.searchParams.set(name, value);
  const link = new WebSocket(url, [...(options.subprotocols ?? [TUNNEL_SUBPROTOCOL])], {
    perMessageDeflate: false,
    headers: {
      ...options.headers,
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    },
  });
  return new Promise((resolve, reject) => {
    link.on('error', reject);
    link.once('open', () => resolve({ link }));
    link.once('unexpected-response', (_request, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, error: errorIn(text) }));
    });
  });
}

function errorIn(text: string): ErrorBody['error'] | undefined {
  try {
    return ErrorBody.parse(JSON.parse(text)).error;
  } catch {
    return undefined;
  }
}
