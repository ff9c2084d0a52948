import {
  type AccessRequest,
  CLIENT_IDS,
  type CommandReview,
  DrawbridgeError,
  type Grant,
  type LiveEvent,
} from '@drawbridge/contract';
import {
  AccessTokens,
  ApiClient,
  ClientError,
  liveEvents,
  type signIn,
  type TokenStore,
} from '@drawbridge/gateway-client';
import { type MainClock, timestamp } from '../clock.ts';
import type { ConnectionState, GatewayProfile } from '../ipc/app-state.ts';
import { type GatewayView, withCommandReview, withGrant, withRequest } from './gateway-view.ts';
import { needsSignIn } from './sign-in-failure.ts';
import { SignInWait } from './sign-in-wait.ts';

/** How long a gateway that answers, but wrongly, is left alone, in milliseconds. */
const PAUSE_AFTER_FAILURE = 5_000;

export interface GatewayConnectionParts {
  readonly profile: GatewayProfile;
  readonly vault: TokenStore;
  readonly clock: MainClock;
  readonly userAgent: string;
  readonly signIn: typeof signIn;
  /** Shows a page of the sign-in to the person. */
  readonly openBrowser: (url: string) => Promise<void>;
  /** Told after every change. */
  readonly changed: (before: GatewayView, after: GatewayView) => void;
}

/**
 * One gateway as this person sees it: signs in, follows its events and holds what they say. A lost
 * connection comes back by itself; a lost sign-in is asked for once, however many calls notice it.
 */
export class GatewayConnection {
  readonly profile: GatewayProfile;
  readonly #parts: GatewayConnectionParts;
  readonly #tokens: AccessTokens;
  readonly #api: ApiClient;
  readonly #waiting: SignInWait;
  #view: GatewayView;
  #following: AbortController | undefined;
  #signingIn: AbortController | undefined;

  constructor(parts: GatewayConnectionParts) {
    this.#parts = parts;
    this.profile = parts.profile;
    this.#view = { connection: { status: 'connecting', since: timestamp(parts.clock) } };
    this.#tokens = new AccessTokens({ gateway: parts.profile.url, store: parts.vault, clock: parts.clock });
    this.#api = new ApiClient({
      gateway: parts.profile.url,
      tokens: this.#tokens,
      userAgent: parts.userAgent,
    });
    this.#waiting = new SignInWait({
      tokens: this.#tokens,
      clock: parts.clock,
      needed: (error) => this.noticeFailure(error),
    });
  }

  get view(): GatewayView {
    return this.#view;
  }

  /** Tokens for tunnels: they wait for a sign-in instead of failing. */
  get tunnelTokens(): Pick<AccessTokens, 'token'> {
    return this.#waiting;
  }

  /** Begins to follow the gateway, or says that somebody has to sign in first. */
  async start(): Promise<void> {
    const stored = await this.#parts.vault.read(this.profile.url);
    if (stored === undefined) this.#setConnection({ status: 'sign-in-needed' });
    else this.#follow();
  }

  /** Tries the gateway again now, where it is away. */
  retry(): void {
    if (this.#view.connection.status === 'offline' || this.#view.connection.status === 'connecting')
      this.#follow();
  }

  /** Ends everything; the sign-in stays stored. */
  stop(): void {
    this.#following?.abort();
    this.#signingIn?.abort();
    this.#waiting.giveUp(new ClientError('sign_in_cancelled', 'the gateway was closed in the app'));
  }

  /** Runs calls of the API; a failure that needs a sign-in is noticed by all on the way. */
  async run<T>(task: (api: Pick<ApiClient, 'call' | 'stream'>) => Promise<T>): Promise<T> {
    try {
      return await task(this.#api);
    } catch (error) {
      this.noticeFailure(error);
      throw error;
    }
  }

  /** Takes over what one of our own calls answered, before the event says the same. */
  take(
    change:
      | { readonly request: AccessRequest }
      | { readonly grant: Grant }
      | { readonly review: CommandReview },
  ): void {
    if ('request' in change) this.#set(withRequest(this.#view, change.request));
    else if ('grant' in change) this.#set(withGrant(this.#view, change.grant));
    else this.#set(withCommandReview(this.#view, change.review));
  }

  /** To be told of failures elsewhere, e.g. of a tunnel. */
  noticeFailure(error: unknown): void {
    if (needsSignIn(error)) this.#signInNeeded(error);
  }

  /**
   * Signs in by the browser. Resolves when it is done or failed; the state tells which. One at a time: a second
   * start begins again.
   */
  async signIn(): Promise<void> {
    this.#signingIn?.abort();
    const cancel = new AbortController();
    this.#signingIn = cancel;
    this.#setConnection({ status: 'signing-in' });
    try {
      const signedIn = await this.#parts.signIn({
        gateway: this.profile.url,
        clientId: CLIENT_IDS.desktop,
        signal: cancel.signal,
        openBrowser: async (url) => {
          if (this.#signingIn === cancel) this.#setConnection({ status: 'signing-in', url });
          // Where no browser opens, the person copies the address.
          await this.#parts.openBrowser(url).catch(() => undefined);
        },
      });
      if (cancel.signal.aborted) return;
      await this.#parts.vault.write(signedIn);
      this.#tokens.reset();
      this.#follow();
      this.#waiting.release();
    } catch (error) {
      if (this.#signingIn !== cancel) return;
      const cancelled = cancel.signal.aborted;
      this.#setConnection({
        status: 'sign-in-needed',
        ...(cancelled ? {} : { reason: error instanceof Error ? error.message : String(error) }),
      });
    } finally {
      if (this.#signingIn === cancel) this.#signingIn = undefined;
    }
  }

  cancelSignIn(): void {
    this.#signingIn?.abort();
  }

  /** Signs out here and at the gateway. The sign-in here goes in any case; throws when the gateway wasn't told. */
  async signOut(): Promise<void> {
    this.#following?.abort();
    const told = this.#api.call('signOut', { body: { everywhere: false } });
    try {
      await told;
    } catch (error) {
      if (!needsSignIn(error)) throw error;
    } finally {
      await this.#parts.vault.remove(this.profile.url);
      this.#tokens.reset();
      this.#waiting.giveUp(new DrawbridgeError('signed_out', 'you signed out'));
      this.#set({ connection: this.#since({ status: 'sign-in-needed' }) });
    }
  }

  #follow(): void {
    this.#following?.abort();
    const following = new AbortController();
    this.#following = following;
    this.#setConnection({ status: 'connecting' });
    void this.#followEvents(following.signal);
  }

  async #followEvents(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const event of liveEvents({ api: this.#api, signal })) {
          if (event.type === 'disconnected') this.#offline(event.error);
          else await this.#hear(event, signal);
        }
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (needsSignIn(error)) return this.#signInNeeded(error);
        this.#offline(error);
        await new Promise<void>((resolve) => {
          const callOff = this.#parts.clock.after(PAUSE_AFTER_FAILURE, resolve);
          signal.addEventListener(
            'abort',
            () => {
              callOff();
              resolve();
            },
            { once: true },
          );
        });
      }
    }
  }

  async #hear(event: LiveEvent, signal: AbortSignal): Promise<void> {
    switch (event.type) {
      case 'hello':
      case 'configuration':
        return this.#load(signal);
      case 'request':
        return this.#set(withRequest(this.#view, event.request));
      case 'grant':
        return this.#set(withGrant(this.#view, event.grant));
      case 'command-review':
        return this.#set(withCommandReview(this.#view, event.review));
      case 'session':
        return;
      default:
        event satisfies never;
    }
  }

  async #load(signal: AbortSignal): Promise<void> {
    const options = { signal };
    const [me, { resources }, { requests }, { grants }, { reviews: commandReviews }] = await Promise.all([
      this.#api.call('me', {}, options),
      this.#api.call('listResources', {}, options),
      this.#api.call('listRequests', { query: { scope: 'all', limit: 200 } }, options),
      this.#api.call('listGrants', { query: { scope: 'own', limit: 200 } }, options),
      this.#api.call('listCommandReviews', { query: { scope: 'all', limit: 200 } }, options),
    ]);
    const connection = this.#since({ status: 'online' });
    this.#set({ connection, me, resources, requests, grants, commandReviews });
  }

  #signInNeeded(error: DrawbridgeError): void {
    const { status } = this.#view.connection;
    if (status === 'sign-in-needed' || status === 'signing-in') return;
    this.#following?.abort();
    void this.#forgetSignIn();
    this.#setConnection({ status: 'sign-in-needed', reason: error.message });
  }

  /** A sign-in that the gateway has ended is worth nothing; kept, each waiting connection would try it again. */
  async #forgetSignIn(): Promise<void> {
    await this.#parts.vault.remove(this.profile.url);
    this.#tokens.reset();
  }

  #offline(error: unknown): void {
    this.#setConnection({
      status: 'offline',
      reason: error instanceof Error ? error.message : String(error),
    });
  }

  #setConnection(state: DistributedOmit<ConnectionState, 'since'>): void {
    this.#set({ ...this.#view, connection: this.#since(state) });
  }

  /** `since` is when the status began, not when its reason changed. */
  #since(state: DistributedOmit<ConnectionState, 'since'>): ConnectionState {
    const { connection } = this.#view;
    const since =
      connection.status === state.status && 'since' in connection
        ? connection.since
        : timestamp(this.#parts.clock);
    return { ...state, since } as ConnectionState;
  }

  #set(view: GatewayView): void {
    const before = this.#view;
    if (before === view) return;
    this.#view = view;
    this.#parts.changed(before, view);
  }
}

type DistributedOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
