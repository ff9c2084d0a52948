import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { ClientAddress } from '../observe/client-address.ts';
import type { RateLimit } from './rate-limit.ts';

export interface RawAnswer {
  readonly status: number;
  /** Sent as JSON; without it nothing is. */
  readonly body?: object;
}

/** A route beside the contract's, for callers with a form of their own: it gets the body as it came. */
export interface RawRoute {
  readonly path: `/v1/${string}`;
  readonly contentType: string;
  /** Bytes. */
  readonly largestBody: number;
  /** How often one address may call it: whoever calls is known by the body alone. */
  readonly limit: RateLimit;
  /** @throws DrawbridgeError that is answered as everywhere */
  readonly receive: (headers: IncomingHttpHeaders, body: Buffer) => Promise<RawAnswer>;
}

export function addRawRoute(
  server: FastifyInstance,
  { path, contentType, largestBody, limit, receive }: RawRoute,
  clientAddress: ClientAddress,
): void {
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      contentType,
      { parseAs: 'buffer', bodyLimit: largestBody },
      (_request, body, done) => done(null, body),
    );
    scope.route({
      method: 'POST',
      url: path,
      onRequest: async (request) => limit(clientAddress(request.raw) ?? ''),
      handler: async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const answer = await receive(request.headers, body);
        reply.code(answer.status);
        return answer.body ?? reply.send();
      },
    });
  });
}
