import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  api,
  DrawbridgeError,
  ISSUER_PATH,
  type Operation,
  type Output,
  type ParsedInput,
  type Route,
} from '@drawbridge/contract';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { z } from 'zod';
import type { ClientAddress } from '../observe/client-address.ts';
import type { Logger } from '../observe/logger.ts';
import { addOpenPage } from './open-page.ts';
import { openApiDocument } from './openapi.ts';
import type { RateLimit } from './rate-limit.ts';
import { addRawRoute, type RawRoute } from './raw-route.ts';
import { LARGEST_BODY, refusalOf } from './refusal.ts';
import { isStorable } from './storable-text.ts';

/** What a handler gets beside its parsed input. */
export interface Call<C> {
  readonly caller: C;
  readonly address: string | undefined;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** `STREAMED`: the handler has taken the response over. */
export const STREAMED = Symbol('streamed');

type Result<O extends Operation> = Api[O] extends { mediaType: string } ? typeof STREAMED : Output<O>;
type Api = typeof api;

/** One function an operation. `recordingKeys` alone is open to everybody, so its caller is undefined. */
export type Handlers<C> = {
  readonly [O in Exclude<Operation, 'recordingKeys'>]: (
    input: ParsedInput<O>,
    call: Call<C>,
  ) => Promise<Result<O>>;
} & { readonly recordingKeys: () => Promise<Output<'recordingKeys'>> };

export interface HttpServerParts<C> {
  readonly publicUrl: string;
  readonly version: string;
  readonly logger: Logger & FastifyBaseLogger;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly clientAddress: ClientAddress;
  readonly authenticate: (authorization: string | undefined) => Promise<C>;
  readonly handlers: Handlers<C>;
  /** Serves everything under `ISSUER_PATH`. */
  readonly issuer: (request: IncomingMessage, response: ServerResponse, address?: string) => void;
  /** How often one address may call the issuer, where nobody is signed in yet. */
  readonly issuerLimit: RateLimit;
  /** Routes beside the contract's. */
  readonly raw?: readonly RawRoute[];
  readonly ready: () => Promise<{
    readonly ready: boolean;
    readonly checks: Readonly<Record<string, boolean>>;
  }>;
  readonly metrics: {
    readonly contentType: string;
    text(): Promise<string>;
    requestAnswered(operation: string, status: number, seconds: number): void;
  };
  /** Who may read `/metrics`: undefined is everybody who reaches the port. */
  readonly metricsToken: string | undefined;
}

/** How long a client may take to send a request, in ms. Event streams and tunnels have been asked for by then. */
const REQUEST_TIMEOUT = 30_000;

/** The gateway's HTTP server: the API of the contract, the issuer, health and metrics. */
export function createHttpServer<C>(parts: HttpServerParts<C>): FastifyInstance {
  const server = fastify({
    loggerInstance: parts.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LARGEST_BODY,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT,
    // The address is refused before there is a route, in the same words as everything else.
    frameworkErrors: (error, request, reply) => refuse(error, request, reply, parts.logger),
    routerOptions: { ignoreTrailingSlash: true },
    ...(parts.tls && { https: parts.tls }),
  }) as unknown as FastifyInstance;

  // Left with JSON alone: every other content type is told so.
  server.removeContentTypeParser('text/plain');
  server.addHook('onSend', async (_request, reply) => {
    reply.headers({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
    if (parts.tls) reply.header('strict-transport-security', 'max-age=31536000');
  });
  server.setErrorHandler((error, request, reply) => refuse(error, request, reply, parts.logger));
  server.setNotFoundHandler((request, reply) => {
    refuse(
      new DrawbridgeError(
        'not_found',
        `there is nothing at ${request.method} ${request.url.split('?')[0]?.slice(0, 100)}`,
      ),
      request,
      reply,
      parts.logger,
    );
  });

  for (const operation of Object.keys(api) as Operation[]) addRoute(server, operation, parts);
  addIssuer(server, parts);
  addHealth(server, parts);
  addOpenPage(server);
  for (const route of parts.raw ?? []) addRawRoute(server, route, parts.clientAddress);

  const document = openApiDocument(parts.publicUrl, parts.version);
  server.get('/openapi.json', async () => document);
  return server;
}

function addRoute<C>(server: FastifyInstance, operation: Operation, parts: HttpServerParts<C>): void {
  const route: Route = api[operation];
  // The handlers' types are tied to their operation by `Handlers`; here all operations are handled alike.
  const handler = parts.handlers[operation] as unknown as (input: unknown, call: Call<C>) => Promise<unknown>;
  server.route({
    method: route.method,
    url: route.path,
    // HEAD would hold a stream open to say nothing.
    exposeHeadRoute: route.mediaType === undefined,
    handler: async (request, reply) => {
      const started = process.hrtime.bigint();
      reply.raw.once('finish', () => {
        parts.metrics.requestAnswered(
          operation,
          reply.raw.statusCode,
          Number(process.hrtime.bigint() - started) / 1e9,
        );
      });
      if (operation === 'recordingKeys') return parts.handlers.recordingKeys();
      const caller = await parts.authenticate(request.headers.authorization);
      const input = {
        ...(route.params && { params: parse(route.params, request.params, 'params') }),
        ...(route.query && { query: parse(route.query, request.query, 'query') }),
        ...(route.body && { body: parse(route.body, request.body ?? {}, 'body') }),
      };
      const result = await handler(input, {
        caller,
        address: parts.clientAddress(request.raw),
        request: request.raw,
        response: reply.raw,
      });
      if (result === STREAMED) return reply.hijack();
      return result;
    },
  });
}

function parse(schema: z.ZodType, value: unknown, place: string): unknown {
  if (!isStorable(value))
    throw new DrawbridgeError(
      'invalid_request',
      `${place}: holds a character that is none (U+0000, or half of one beyond U+FFFF)`,
    );
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // The first problem of each place: what follows at the same place follows from it.
  const issues = new Map<string, string>();
  for (const { path, message } of parsed.error.issues) {
    const where = [place, ...path].join('.');
    if (!issues.has(where)) issues.set(where, message);
  }
  const [first] = issues;
  throw new DrawbridgeError('invalid_request', first?.join(': ') ?? 'the request is not valid', {
    issues: [...issues].map(([path, message]) => ({ path, message })),
  });
}

/** `oidc-provider` reads requests itself, so fastify must leave their bodies alone. */
function addIssuer(
  server: FastifyInstance,
  {
    issuer,
    issuerLimit,
    clientAddress,
  }: Pick<HttpServerParts<unknown>, 'issuer' | 'issuerLimit' | 'clientAddress'>,
): void {
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    // OAuth clients read errors in their own form (RFC 6749 section 5.2).
    scope.setErrorHandler((error, _request, reply) => {
      const { status, message, details } = refusalOf(error);
      reply.code(status).send({
        error: 'temporarily_unavailable',
        error_description: [message, details.hint].filter(Boolean).join('. '),
      });
    });
    scope.all(`${ISSUER_PATH}/*`, async (request, reply) => {
      const address = clientAddress(request.raw);
      await issuerLimit(address ?? '');
      reply.hijack();
      issuer(request.raw, reply.raw, address);
    });
  });
}

function addHealth<C>(server: FastifyInstance, parts: HttpServerParts<C>): void {
  server.get('/healthz', async () => ({ status: 'ok', version: parts.version }));
  server.get('/readyz', async (_request, reply) => {
    const state = await parts.ready();
    return reply.code(state.ready ? 200 : 503).send(state);
  });
  server.get('/metrics', async (request, reply) => {
    if (
      parts.metricsToken !== undefined &&
      !isSame(request.headers.authorization ?? '', `Bearer ${parts.metricsToken}`)
    ) {
      throw new DrawbridgeError(
        'token_invalid',
        'metrics need the bearer token of the gateway’s configuration',
      );
    }
    return reply.header('content-type', parts.metrics.contentType).send(await parts.metrics.text());
  });
}

/** Takes the same time wherever they differ. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** Everything unforeseen is told only to the log. */
function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  const refusal = refusalOf(error);
  if (refusal.status >= 500)
    logger.error({ err: error, method: request.method, path: request.routeOptions.url }, 'request failed');
  if (refusal.status === 401) reply.header('www-authenticate', 'Bearer');
  reply.code(refusal.status).send(refusal.toBody());
}
