import {
  api,
  DrawbridgeError,
  ErrorBody,
  type Input,
  type Operation,
  type Output,
  type Route,
} from '@drawbridge/contract';
import type { AccessTokens } from './access-tokens.ts';
import { ClientError, unreachable } from './client-error.ts';

/** Milliseconds until a call is given up. */
const CALL_TIMEOUT_MS = 30_000;

export interface ApiClientOptions {
  /** In the form of `gatewayUrl`. */
  readonly gateway: string;
  readonly tokens: Pick<AccessTokens, 'token'>;
  /** `User-Agent`, e.g. `drawbridge-cli/0.1.0`; shown to auditors. */
  readonly userAgent?: string;
  /** Milliseconds for each call; default 30 s. Streams have it for their first byte alone. */
  readonly timeout?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Operations whose answer is one JSON value, and those that stream. */
export type StreamOperation = {
  [O in Operation]: (typeof api)[O] extends { readonly mediaType: string } ? O : never;
}[Operation];
export type JsonOperation = Exclude<Operation, StreamOperation>;

type Arguments<O extends Operation> =
  unknown extends Input<O>
    ? [input?: Record<string, never>, options?: CallOptions]
    : [input: Input<O>, options?: CallOptions];

interface Parts {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/**
 * The gateway's HTTP API, typed by the contract's route map. Answers are parsed by the contract's schemas.
 * A refusal is a `DrawbridgeError` with the gateway's code; a failure on the way is a `ClientError`
 * (`gateway_unreachable`, `gateway_timeout`, `unexpected_response`). An expired token is renewed once.
 */
export class ApiClient {
  readonly gateway: string;
  readonly #tokens: Pick<AccessTokens, 'token'>;
  readonly #userAgent: string;
  readonly #timeout: number;

  constructor(options: ApiClientOptions) {
    this.gateway = options.gateway;
    this.#tokens = options.tokens;
    this.#userAgent = options.userAgent ?? 'drawbridge-client';
    this.#timeout = options.timeout ?? CALL_TIMEOUT_MS;
  }

  async call<O extends JsonOperation>(operation: O, ...[input, options]: Arguments<O>): Promise<Output<O>> {
    const limit = AbortSignal.timeout(this.#timeout);
    const signal = options?.signal ? AbortSignal.any([options.signal, limit]) : limit;
    const response = await this.#send(operation, (input ?? {}) as Parts, signal, options?.signal);
    const body = await this.#json(response, options?.signal);
    const route: Route = api[operation];
    const parsed = route.response.safeParse(body);
    if (!parsed.success)
      throw this.#unexpected(
        `its answer to ${operation} has an unknown shape (${parsed.error.issues[0]?.path.join('.') ?? ''})`,
      );
    return parsed.data as Output<O>;
  }

  /** The bytes of a streamed answer. Ends with the stream; `signal` stops it. Errors as `call`. */
  async stream<O extends StreamOperation>(
    operation: O,
    ...[input, options]: Arguments<O>
  ): Promise<AsyncIterable<Uint8Array>> {
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new DOMException('no answer in time', 'TimeoutError')),
      this.#timeout,
    );
    const signal = options?.signal ? AbortSignal.any([options.signal, late.signal]) : late.signal;
    try {
      const response = await this.#send(operation, (input ?? {}) as Parts, signal, options?.signal);
      if (!response.body) throw this.#unexpected(`its answer to ${operation} is empty`);
      return this.#chunks(response.body, options?.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async *#chunks(
    body: AsyncIterable<Uint8Array>,
    cancelled: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw this.#failure(error, cancelled);
    }
  }

  async #send(
    operation: Operation,
    parts: Parts,
    signal: AbortSignal,
    cancelled: AbortSignal | undefined,
  ): Promise<Response> {
    const first = await this.#tokens.token();
    const response = await this.#fetch(operation, parts, first, signal, cancelled);
    if (response.ok) return response;
    const refusal = await this.#refusal(response, cancelled);
    if (refusal.code !== 'token_expired') throw refusal;
    const again = await this.#fetch(operation, parts, await this.#tokens.token(first), signal, cancelled);
    if (again.ok) return again;
    throw await this.#refusal(again, cancelled);
  }

  async #fetch(
    operation: Operation,
    parts: Parts,
    token: string,
    signal: AbortSignal,
    cancelled: AbortSignal | undefined,
  ): Promise<Response> {
    const route: Route = api[operation];
    try {
      return await fetch(this.#url(route, parts), {
        method: route.method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: route.mediaType ?? 'application/json',
          'user-agent': this.#userAgent,
          ...(parts.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
        // A redirect would carry the token elsewhere.
        redirect: 'error',
        signal,
      });
    } catch (error) {
      throw this.#failure(error, cancelled);
    }
  }

  #url(route: Route, parts: Parts): URL {
    const path = route.path.replace(/:(\w+)/g, (_whole, name: string) =>
      encodeURIComponent(String(parts.params?.[name] ?? '')),
    );
    const url = new URL(`${this.gateway}${path}`);
    for (const [name, value] of Object.entries(parts.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  async #refusal(response: Response, cancelled: AbortSignal | undefined): Promise<DrawbridgeError> {
    const parsed = ErrorBody.safeParse(await this.#json(response, cancelled));
    if (!parsed.success)
      throw this.#unexpected(`it answered with status ${response.status} in words this version doesn't know`);
    const { code, message, ...details } = parsed.data.error;
    if (code === 'sign_in_required' || code === 'signed_out' || code === 'token_invalid') {
      details.hint ??= `drawbridge login --gateway ${this.gateway}`;
    }
    return new DrawbridgeError(code, message, details);
  }

  async #json(response: Response, cancelled: AbortSignal | undefined): Promise<unknown> {
    let text: string;
    try {
      text = await response.text();
    } catch (error) {
      throw this.#failure(error, cancelled);
    }
    try {
      return JSON.parse(text);
    } catch {
      throw this.#unexpected(`it answered with status ${response.status} and no JSON`);
    }
  }

  #failure(error: unknown, cancelled: AbortSignal | undefined): unknown {
    if (cancelled?.aborted) return cancelled.reason;
    if (error instanceof ClientError || error instanceof DrawbridgeError) return error;
    if (error instanceof Error && error.name === 'TimeoutError') {
      return new ClientError(
        'gateway_timeout',
        `${this.gateway} didn't answer within ${Math.round(this.#timeout / 1000)} s`,
        'Try again; if it lasts, tell whoever runs the gateway.',
      );
    }
    return unreachable(this.gateway, error);
  }

  #unexpected(why: string): ClientError {
    return new ClientError(
      'unexpected_response',
      `${this.gateway} and this client don't understand each other: ${why}`,
      'Update Drawbridge on this computer to the version of the gateway, and check the address.',
    );
  }
}
